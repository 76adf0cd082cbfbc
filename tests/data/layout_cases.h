// The data sets that tests/data/make_layouts.py wrote, and what is in them.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "support/support.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/options.h"
#include "vits/data/layout.h"
#include "vits/formats/json.h"

namespace vits::data {

using formats::Json;

inline std::filesystem::path layouts_folder() {
  static const auto folder = support::reference_data("data_layouts", "tests/data/make_layouts.py", {});
  return folder;
}

// Names of what was found below the folder, bytes of what is in tables: both as the file whose bytes they are.
inline std::string sound_bytes(const AudioPlace& sound) {
  if (!sound.table) return base::read_file(sound.file);
  return sound.table->value(sound.column, sound.row).value_or("no bytes");
}

inline void expect_clips(const Json& expected, const Listing& found) {
  EXPECT_EQ(found.clips.size(), expected.size());
  for (size_t i = 0; i < std::min(found.clips.size(), expected.size()); ++i) {
    const Clip& clip = found.clips[i];
    SCOPED_TRACE("clip " + std::to_string(i) + " " + clip.id);
    EXPECT_EQ(clip.id, expected[i][0].get<std::string>());
    EXPECT_EQ(clip.text, expected[i][1].get<std::string>());
    EXPECT_EQ(clip.speaker, expected[i][2].get<std::string>());
    const auto recording = layouts_folder() / expected[i][3].get<std::string>();
    EXPECT_TRUE(sound_bytes(clip.audio) == base::read_file(recording)) << clip.audio.file << " for " << recording;
    EXPECT_DOUBLE_EQ(clip.begin_seconds, expected[i][4].get<double>());
    EXPECT_DOUBLE_EQ(clip.end_seconds, expected[i][5].get<double>());
  }
}

inline void expect_rejected(const Json& expected, const Listing& found) {
  EXPECT_EQ(found.rejected.size(), expected.size());
  for (size_t i = 0; i < std::min(found.rejected.size(), expected.size()); ++i) {
    const Rejected& row = found.rejected[i];
    EXPECT_EQ(row.id, expected[i][0].get<std::string>());
    EXPECT_EQ(row.row, expected[i][1].get<int64_t>());
    EXPECT_NE(row.reason.find(expected[i][2].get<std::string>()), std::string::npos) << row.reason;
    EXPECT_TRUE(std::filesystem::exists(row.file)) << row.file;
  }
}

inline void expect_case(const Json& expected) {
  LayoutOptions options;
  base::set_from_json(base::OptionTable::of(options), expected["options"], "cases.json");
  const auto source = layouts_folder() / expected["source"].get<std::string>();
  std::string error;
  try {
    const Listing found = list_source(source, options);
    if (expected.contains("error")) {
      ADD_FAILURE() << "no error, " << found.clips.size() << " clips";
      return;
    }
    EXPECT_EQ(found.layout, expected["layout"].get<std::string>());
    EXPECT_EQ(found.columns, expected.value("columns", found.columns));
    expect_clips(expected["clips"], found);
    expect_rejected(expected["rejected"], found);
  } catch (const Error& thrown) {
    error = thrown.what();
  }
  EXPECT_EQ(error.empty(), !expected.contains("error")) << error;
  for (const auto& part : expected.value("error", Json::array()))
    EXPECT_NE(error.find(part.get<std::string>()), std::string::npos) << part << " in: " << error;
}

// All cases that one function of the script made.
inline void expect_group(const std::string& group) {
  const Json groups = formats::read_json(layouts_folder() / "cases.json");
  ASSERT_TRUE(groups.contains(group)) << group;
  for (const auto& [name, expected] : groups[group].items()) {
    SCOPED_TRACE(name);
    expect_case(expected);
  }
}

}  // namespace vits::data
