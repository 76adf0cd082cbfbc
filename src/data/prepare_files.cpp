#include "prepare_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "hash.h"
#include "held_out.h"
#include "vits/base/files.h"
#include "vits/data/training_set.h"
#include "vits/formats/delimited.h"
#include "vits/formats/json.h"
#include "vits/text/utf8.h"

namespace vits::data {

namespace {

namespace fs = std::filesystem;
using formats::OrderedJson;

// Names of files may hold any bytes; our lists are UTF-8.
std::string utf8(const std::string& bytes) { return text::encode_utf8(text::decode_utf8(bytes)); }

std::string csv(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (const auto& row : rows) text += formats::delimited_line(row, {});
  return text;
}

struct Duplicate {
  size_t clip, first;
  bool sound, text;
};

// Clips that repeat an earlier one. A text that many speakers read is no fault, but one sound with two texts is.
std::vector<Duplicate> duplicates_of(const ClipPlan& plan, const std::vector<ClipResult>& results) {
  std::vector<Duplicate> duplicates;
  std::unordered_map<std::string, size_t> sounds, texts;
  for (size_t i = 0; i < results.size(); ++i) {
    if (!results[i].entry.rejected.empty()) continue;
    const std::string& text = plan.clips[i].text;
    const auto [first_sound, new_sound] = sounds.emplace(results[i].entry.wav_hash, i);
    const auto [first_text, new_text] = texts.emplace(text, i);
    if (!new_sound)
      duplicates.push_back({i, first_sound->second, true, plan.clips[first_sound->second].text == text});
    else if (!new_text)
      duplicates.push_back({i, first_text->second, false, true});
  }
  return duplicates;
}

void write_duplicates(const ClipPlan& plan, const std::vector<Duplicate>& duplicates, const fs::path& file) {
  if (duplicates.empty()) {
    fs::remove(file);
    return;
  }
  std::vector<std::vector<std::string>> rows{{"id", "same", "as"}};
  for (const auto& [clip, first, sound, text] : duplicates)
    rows.push_back({plan.clips[clip].id,
                    sound && text ? "sound and text"
                    : sound       ? "sound"
                                  : "text",
                    plan.clips[first].id});
  base::write_file(file, csv(rows));
}

std::vector<RejectedKind> kinds_of(const std::vector<Rejected>& rejected) {
  std::map<std::string, RejectedKind> kinds;
  for (const Rejected& one : rejected) {
    const std::string kind = one.reason.substr(0, one.reason.find(':'));
    RejectedKind& entry = kinds.try_emplace(kind, RejectedKind{kind, 0, one}).first->second;
    ++entry.clips;
  }
  std::vector<RejectedKind> sorted;
  for (auto& [name, kind] : kinds) sorted.push_back(std::move(kind));
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.clips > b.clips; });
  return sorted;
}

OrderedJson source_json(const PlannedSource& source, const ClipPlan& plan, const std::vector<ClipResult>& results) {
  OrderedJson files = OrderedJson::array();
  for (const fs::path& file : source.files) {
    const fs::path relative = file.lexically_relative(source.path);
    const bool is_source = relative.empty() || relative == ".";
    files.push_back(
        {{"file", utf8((is_source ? file.filename() : relative).generic_string())}, {"sha256", sha256_of_file(file)}});
  }
  Sha256 all;
  int64_t clips = 0;
  for (size_t i = source.first_clip; i < source.first_clip + source.clips; ++i) {
    const JournalEntry& entry = results[i].entry;
    if (!entry.rejected.empty()) continue;
    ++clips;
    const Clip& clip = plan.clips[i];
    all.add(fmt::format("{}|{}|{}|{}|{}|{}\n", clip.id, clip.text, clip.speaker, entry.source_hash, clip.begin_seconds,
                        clip.end_seconds));
  }
  return {{"source", utf8(source.name)}, {"layout", source.layout}, {"listed", source.listed}, {"clips", clips},
          {"clips_sha256", all.hex()},   {"files", files}};
}

OrderedJson prepare_json(const ClipPlan& plan, const std::vector<ClipResult>& results, const Prepared& prepared,
                         PrepareOptions options) {
  OrderedJson sources = OrderedJson::array();
  for (const PlannedSource& source : plan.sources) sources.push_back(source_json(source, plan, results));
  nlohmann::json settings = base::to_json(base::OptionTable::of(options));
  for (const char* name : {"threads", "strict"}) settings.erase(name);  // they change nothing in the result
  return {{"made_by", options.versions},
          {"settings", settings},
          {"sources", sources},
          {"result",
           {{"training_clips", prepared.training_clips},
            {"validation_clips", prepared.validation_clips},
            {"speakers", prepared.speakers},
            {"sample_rate_hz", prepared.sample_rate_hz},
            {"seconds", prepared.seconds_of_sound},
            {"rejected", prepared.rejected},
            {"duplicate_sounds", prepared.duplicate_sounds},
            {"duplicate_texts", prepared.duplicate_texts},
            {"lowered_peaks", prepared.lowered_peaks}}}};
}

}  // namespace

Prepared write_lists(const ClipPlan& plan, std::vector<ClipResult>& results, const fs::path& out,
                     const PrepareOptions& options) {
  Prepared prepared;
  prepared.sample_rate_hz = options.clip.sample_rate_hz;
  const std::vector<Duplicate> duplicates = duplicates_of(plan, results);
  for (const Duplicate& duplicate : duplicates) {
    prepared.duplicate_sounds += duplicate.sound;
    prepared.duplicate_texts += duplicate.text;
    prepared.contradictions += !duplicate.text;
    if (options.drop_duplicates && duplicate.sound && duplicate.text)
      results[duplicate.clip].entry.rejected =
          fmt::format("duplicate: the sound and the text are those of {}.", plan.clips[duplicate.first].id);
  }

  std::vector<Rejected> rejected = plan.rejected;
  std::vector<HeldOutCandidate> taken;
  std::vector<size_t> numbers;
  std::set<std::string> speakers;
  int64_t samples = 0;
  for (size_t i = 0; i < results.size(); ++i) {
    const auto& [entry, made] = results[i];
    if (!entry.rejected.empty()) {
      rejected.push_back(rejection_of(plan.clips[i], entry.rejected));
      continue;
    }
    numbers.push_back(i);
    taken.push_back({plan.clips[i].id, plan.clips[i].speaker});
    speakers.insert(plan.clips[i].speaker);
    samples += entry.samples;
    prepared.lowered_peaks += entry.peak_lowered;
    ++(made ? prepared.made : prepared.kept_from_before);
  }
  for (Rejected& one : rejected) one = {utf8(one.id), utf8(one.file), one.row, utf8(one.reason)};
  prepared.rejected = static_cast<int64_t>(rejected.size());
  prepared.rejected_kinds = kinds_of(rejected);
  prepared.speakers = static_cast<int64_t>(speakers.size());
  prepared.seconds_of_sound = static_cast<double>(samples) / static_cast<double>(options.clip.sample_rate_hz);

  TrainingSet set{.folder = out, .clips = {}, .defects = {}};
  const std::vector<bool> is_held_out = held_out(taken, options.validation_split);
  for (size_t i = 0; i < taken.size(); ++i) {
    set.clips.push_back({.id = taken[i].id,
                         .text = plan.clips[numbers[i]].text,
                         .speaker = taken[i].speaker,
                         .validation = is_held_out[i]});
    ++(is_held_out[i] ? prepared.validation_clips : prepared.training_clips);
  }

  base::write_file(out / "rejected.csv", rejected_csv(rejected));
  write_duplicates(plan, duplicates, out / "duplicates.csv");
  formats::write_json(out / "prepare.json", prepare_json(plan, results, prepared, options));
  write_manifests(set);
  return prepared;
}

}  // namespace vits::data
