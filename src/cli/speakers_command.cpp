#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "command.h"
#include "command_list.h"
#include "speakers_file.h"
#include "speakers_page.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/nearest.h"
#include "vits/data/label_speakers.h"
#include "vits/report/figures.h"
#include "vits/report/log.h"
#include "vits/report/progress.h"

namespace vits::cli {

namespace {

namespace fs = std::filesystem;

struct SpeakersCommandOptions {
  std::string data_dir = "training";
  std::vector<std::string> rename, merge;
  data::SpeakerOptions speakers;
  bool json = false;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("data_dir", data_dir, base::any(), "The training folder: metadata.csv, metadata_val.csv and wavs/.");
    field("rename", rename, base::any(),
          "Give a speaker another name: 3=narrator, by number or name; may be repeated.");
    field("merge", merge, base::any(),
          "Make one speaker of several: 1,4, by number or name; the first one's name stays. May be repeated.");
    speakers.visit(field);
    field("json", json, base::any(), "Print speakers.json instead of a table.");
  }
};

std::vector<std::string> parts_of(const std::string& text, char delimiter) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == delimiter) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// Changes of names on a set that has been labelled. Speakers are meant by their name or their number.
class Edits {
 public:
  Edits(data::TrainingSet& set, std::map<std::string, int64_t>& numbers) : set_(set), numbers_(numbers) {
    for (const data::TrainingClip& clip : set.clips) {
      if (!clip.speaker.empty()) names_.insert(clip.speaker);
    }
  }

  void merge(const std::string& text) {
    const std::vector<std::string> words = parts_of(text, ',');
    if (words.size() < 2) throw UsageError("--merge {} names one speaker; say which ones: --merge 1,4", text);
    std::vector<std::string> speakers;
    for (const std::string& word : words) speakers.push_back(name_of(word));
    for (const std::string& speaker : speakers) give(speaker, speakers.front());
  }

  void rename(const std::string& text) {
    const size_t sign = text.find('=');
    const std::string name = sign == std::string::npos ? "" : data::manifest_text(text.substr(sign + 1));
    if (name.empty()) throw UsageError("--rename {} gives no name; write it as --rename 3=narrator", text);
    const std::string before = name_of(text.substr(0, sign));
    if (name == before) return;
    if (names_.contains(name))
      throw UsageError("--rename {}: there is a speaker \"{}\" already. To make one of the two: --merge {},{}", text,
                       name, name, before);
    if (const auto known = numbers_.find(before); known != numbers_.end()) numbers_[name] = known->second;
    give(before, name);
  }

 private:
  std::string name_of(const std::string& word) const {
    if (names_.contains(word)) return word;
    for (const auto& [name, number] : numbers_) {
      if (names_.contains(name) && std::to_string(number) == word) return name;
    }
    throw UsageError("there is no speaker \"{}\".{} The speakers are in {}.", word,
                     base::did_you_mean(word, {names_.begin(), names_.end()}),
                     (set_.folder / "speakers.json").string());
  }

  void give(const std::string& from, const std::string& to) {
    if (from == to) return;
    for (data::TrainingClip& clip : set_.clips) {
      if (clip.speaker == from) clip.speaker = to;
    }
    names_.erase(from);
    names_.insert(to);
    numbers_.erase(from);
  }

  data::TrainingSet& set_;
  std::map<std::string, int64_t>& numbers_;
  std::set<std::string> names_;
};

void print_table(const data::SpeakerLabels& labels, const std::vector<int64_t>& numbers, const fs::path& folder) {
  for (size_t place = 0; place < labels.speakers.size(); ++place) {
    const data::FoundSpeaker& speaker = labels.speakers[place];
    fmt::print("{:>4}  {:<20} {:>8} clips {:>8.1f} min  {:>3.0f} % sure{}\n", numbers[place], speaker.name,
               report::thousands(speaker.clips), speaker.seconds / 60.0, 100.0 * speaker.confidence,
               speaker.is_rare ? "  (rare)" : "");
  }
  const auto marked = std::ranges::count_if(labels.clips, [](const auto& clip) { return !clip.mark.empty(); });
  if (marked > 0)
    fmt::print("{} clips to listen to: they are short, silent or between two speakers.\n", report::thousands(marked));
  fmt::print("See and hear them in {}\n", (folder / "speakers.html").string());
}

int speakers(const SpeakersCommandOptions& options) {
  const fs::path folder = options.data_dir;
  data::TrainingSet set = data::read_training_set(folder);
  if (!set.defects.empty())
    throw Error(
        "{} ({} such rows). These rows would be lost: mend them, or make the folder anew with vits-train prepare.",
        set.defects.front(), set.defects.size());
  if (set.clips.empty()) throw Error("{} lists no clips.", set.manifest(false).string());
  std::map<std::string, int64_t> known = speaker_numbers(folder / "speakers.json");
  if (options.speakers.relabel) {
    if (!options.rename.empty() || !options.merge.empty())
      throw UsageError(
          "--relabel forgets the speakers that --rename and --merge would change. Give them one after the other.");
    known.clear();
  }
  Edits edits(set, known);
  for (const std::string& text : options.merge) edits.merge(text);
  for (const std::string& text : options.rename) edits.rename(text);

  std::unique_ptr<report::Progress> bar;
  const data::SpeakerLabels labels =
      data::label_speakers(set, options.speakers, {[&bar](int64_t done, int64_t total) {
                             if (!bar) bar = std::make_unique<report::Progress>("listening", total, "clips");
                             bar->set(done);
                           }});
  bar.reset();
  if (labels.number_is_a_guess)
    report::warn(
        "speakers",
        "most clips are shorter than a second or single words, so how many people speak is a guess. If you know "
        "it: --relabel --speakers N");
  const std::vector<int64_t> numbers = number_speakers(labels, known);
  data::write_speaker_previews(set, labels, numbers);
  const formats::OrderedJson json = speakers_json(labels, numbers);
  formats::write_json(folder / "speakers.json", json);
  base::write_file(folder / "speakers.csv", speakers_csv(set, labels));
  base::write_file(folder / "speakers.html", speakers_page(set, labels, numbers));
  data::write_manifests(set);
  if (options.json) {
    fmt::print("{}", formats::json_text(json));
  } else {
    print_table(labels, numbers, folder);
  }
  return 0;
}

}  // namespace

Command make_speakers_command() {
  return make_command<SpeakersCommandOptions>(
      {.name = "speakers",
       .group = kMakeATrainingSet,
       .summary = "Finds out who is speaking in each clip of a training folder",
       .details =
           "Hears every clip, groups those of one voice and writes the speaker into metadata.csv and metadata_val.csv. "
           "The number of speakers is found, or given with --speakers. Speakers that the manifests name already are "
           "kept, unless --relabel is given. speakers.html shows a map of all clips to look at and listen to, "
           "speakers.json and speakers.csv say the same as data, speakers/ holds ten seconds of each speaker. A "
           "further run hears only new "
           "clips.",
       .examples = {"vits-train speakers --data_dir training",
                    "vits-train speakers --data_dir training --rename 3=narrator --merge 1,4"},
       .options = {},
       .run = {}},
      speakers);
}

}  // namespace vits::cli
