// Folders of recordings for the tests of prepare: tones and noise, which need no network that knows speech.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "vits/audio/read.h"
#include "vits/audio/write.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/data/prepare.h"
#include "vits/data/training_set.h"
#include "vits/formats/delimited.h"

namespace vits::data_tests {

namespace fs = std::filesystem;

inline std::vector<float> tone(double seconds, int64_t rate, double hz = 440.0, double amplitude = 0.3) {
  std::vector<float> samples(static_cast<size_t>(seconds * static_cast<double>(rate)));
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i] =
        static_cast<float>(amplitude * std::sin(2.0 * M_PI * hz * static_cast<double>(i) / static_cast<double>(rate)));
  return samples;
}

inline std::vector<float> joined(std::vector<float> a, const std::vector<float>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Without base's flushes to the disk, of which a test would need thousands.
inline void write_file(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

inline void write_wav(const fs::path& file, const std::vector<float>& samples, int64_t rate = 16000) {
  write_file(file, audio::wav_bytes(samples, rate));
}

// A folder in LJSpeech's layout: metadata.csv with id|text lines and wavs/.
class Corpus {
 public:
  explicit Corpus(fs::path folder) : folder_(std::move(folder)) {}

  const fs::path& folder() const { return folder_; }
  fs::path wav(const std::string& id) const { return folder_ / "wavs" / (id + ".wav"); }

  // Rows count from 1, in the order of the calls.
  void add(const std::string& id, const std::string& text) {
    lines_ += id + "|" + text + "\n";
    write_file(folder_ / "metadata.csv", lines_);
  }
  void add(const std::string& id, const std::string& text, const std::vector<float>& samples, int64_t rate = 16000) {
    write_wav(wav(id), samples, rate);
    add(id, text);
  }

 private:
  fs::path folder_;
  std::string lines_;
};

inline data::PrepareOptions options_for_tones() {
  data::PrepareOptions options;
  options.clip.trim = "energy";
  options.validation_split = 0.2;
  options.threads = 2;
  options.versions = {{"vits-train", "test"}};
  return options;
}

inline data::Prepared run_prepare(const std::vector<fs::path>& sources, const fs::path& out,
                                  const data::PrepareOptions& options = options_for_tones(),
                                  const data::PrepareListener& listener = {}) {
  std::vector<data::PrepareSource> named;
  for (const fs::path& source : sources) named.push_back({.path = source, .name = ""});
  return data::prepare(named, out, options, listener);
}

inline std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Path -> bytes of every file but the journal's folder.
inline std::map<std::string, std::string> tree(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_regular_file() && !name.starts_with(".prepare")) files[name] = base::read_file(entry.path());
  }
  return files;
}

struct RejectedRow {
  std::string id, file, row, reason;
};

inline std::vector<RejectedRow> rejected_rows(const fs::path& out) {
  const std::string text = base::read_file(out / "rejected.csv");
  formats::DelimitedReader reader(text, {});
  std::vector<RejectedRow> rows;
  for (formats::Record record; reader.next(record);) {
    EXPECT_EQ(record.fields.size(), 4u);
    rows.push_back({record.fields.at(0), record.fields.at(1), record.fields.at(2), record.fields.at(3)});
  }
  EXPECT_EQ(rows.at(0).reason, "reason");
  rows.erase(rows.begin());
  return rows;
}

}  // namespace vits::data_tests
