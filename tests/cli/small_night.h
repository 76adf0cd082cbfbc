// A night of some seconds: ten short tones, a voice so small that a step takes a twentieth of a second, and the program
// that trains it.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/recordings.h"
#include "support/support.h"
#include "vits/base/files.h"
#include "vits/base/process.h"
#include "vits/formats/json.h"
#include "vits/formats/zip.h"

namespace vits::cli_tests {

namespace fs = std::filesystem;
using base::Finished;
using Rows = std::vector<std::pair<std::string, std::string>>;  // of metadata.csv: name, text
using Options = std::map<std::string, std::string>;

inline const Rows kRows{{"a", "one two"}, {"b", "three"},      {"c", "four five"}, {"d", "six"},
                        {"e", "seven"},   {"f", "eight nine"}, {"g", "ten"},       {"h", "red sea"}};
inline const Rows kHeldOut{{"y", "blue"}, {"z", "green"}};

class SmallNight {
 public:
  explicit SmallNight(const std::vector<std::string>& of_create = {}) {
    std::vector<std::string> words{
        support::program().string(), "create", voice().string(), "--size", "tiny", "--seed", "1"};
    words.insert(words.end(), of_create.begin(), of_create.end());
    const auto created = base::run_program(words);
    EXPECT_EQ(created.exit_code, 0) << created.error_output;
    change_config("segment_size", 2048);
    set_clips("metadata.csv", kRows);
    set_clips("metadata_val.csv", kHeldOut);
  }

  fs::path folder() const { return temporary_.path(); }
  fs::path training() const { return folder() / "training"; }
  fs::path wav(const std::string& id) const { return training() / "wavs" / (id + ".wav"); }
  fs::path voice() const { return folder() / "voice"; }
  fs::path checkpoints() const { return folder() / "checkpoints"; }
  fs::path best_voice() const { return checkpoints() / "best_model"; }
  fs::path last_voice() const { return folder() / "final_model"; }

  std::vector<std::string> words(const Options& changed = {}) const {
    Options options{{"model_name", voice().string()},
                    {"data_dir", training().string()},
                    {"checkpoint_dir", checkpoints().string()},
                    {"output_dir", last_voice().string()},
                    {"max_steps", "6"},
                    {"batch_size", "2"},
                    {"gradient_accumulation_steps", "1"},
                    {"sample_steps", "0"},
                    {"validate_every", "1"},
                    {"device", "cpu"},  // a card adds in an order of its own, and some tests compare bytes
                    {"threads", "1"},
                    {"seed", "1"}};
    for (const auto& [name, value] : changed) options[name] = value;
    std::vector<std::string> words{support::program().string()};
    for (const auto& [name, value] : options) words.insert(words.end(), {"--" + name, value});
    return words;
  }
  Finished train(const Options& changed = {}) const { return base::run_program(words(changed)); }

  // With a tone for each name that has no recording yet.
  void set_clips(const std::string& file, const Rows& rows) const {
    std::string lines;
    for (const auto& [id, text] : rows) {
      lines += id + "|" + text + "\n";
      const int letter = id.front() - 'a';
      if (!fs::exists(wav(id)))
        data_tests::write_wav(wav(id), data_tests::tone(0.5 + 0.02 * letter, 16000, 200 + 30 * letter));
    }
    data_tests::write_file(training() / file, lines);
  }

  void change_config(const std::string& key, const formats::Json& value) const {
    auto config = formats::read_json(voice() / "config.json");
    config[key] = value;
    formats::write_json(voice() / "config.json", config);
  }

 private:
  base::TemporaryFolder temporary_;
};

// ---------------------------------------------------------------- what a run left

inline formats::Json facts_of(const fs::path& checkpoint) {
  return formats::parse_json(formats::ZipReader(checkpoint).read("archive/facts.json").text(), checkpoint.string());
}

// The newest last.
inline std::vector<fs::path> checkpoints_in(const fs::path& folder) {
  std::map<int64_t, fs::path> by_step;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".pt") by_step[facts_of(entry.path()).at("step")] = entry.path();
  std::vector<fs::path> paths;
  for (const auto& [step, path] : by_step) paths.push_back(path);
  return paths;
}

// The bytes of every tensor, and all facts but the clock's and those that name folders.
inline std::map<std::string, std::string> kept_in(const fs::path& checkpoint) {
  std::map<std::string, std::string> kept;
  const formats::ZipReader zip(checkpoint);
  for (const auto& [name, entry] : zip.entries())
    if (name.starts_with("archive/data/")) kept[name] = zip.read(name).text();
  const formats::Json facts = facts_of(checkpoint);
  for (const auto& [name, value] : facts.items())
    if (name != "used_seconds" && name != "options") kept[name] = value.dump();
  return kept;
}

inline std::vector<std::string> differences(const fs::path& one, const fs::path& other) {
  const auto first = kept_in(one), second = kept_in(other);
  std::vector<std::string> names;
  for (const auto& [name, bytes] : first)
    if (!second.contains(name) || second.at(name) != bytes) names.push_back(name);
  if (first.size() != second.size()) names.emplace_back("another number of records");
  return names;
}

inline bool is_saving(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".part") return true;
  return false;
}

inline bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

inline int64_t lines_in(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace vits::cli_tests
