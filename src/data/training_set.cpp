#include "vits/data/training_set.h"

#include <unordered_map>

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/delimited.h"
#include "vits/formats/text_file.h"

namespace vits::data {

namespace {

constexpr formats::Dialect kDialect{.delimiter = '|', .quoting = formats::Quoting::kNone};

// Bytes of the character at `at` that a manifest cannot hold, 0 if it can: ASCII's control characters and the bar,
// U+0080 to U+009F, U+2028 and U+2029 (which Python's splitlines takes for line ends).
size_t unwelcome_bytes(const std::string& text, size_t at) {
  const auto byte = [&](size_t place) { return place < text.size() ? static_cast<unsigned char>(text[place]) : 0u; };
  if (byte(at) < 0x20 || byte(at) == 0x7f || byte(at) == '|') return 1;
  if (byte(at) == 0xc2 && byte(at + 1) >= 0x80 && byte(at + 1) <= 0x9f) return 2;
  if (byte(at) == 0xe2 && byte(at + 1) == 0x80 && (byte(at + 2) == 0xa8 || byte(at + 2) == 0xa9)) return 3;
  return 0;
}

std::string defect_of(const formats::Record& record) {
  if (!record.defect.empty()) return record.defect;
  const auto& fields = record.fields;
  if (fields.size() < 2 || fields.size() > 3)
    return fmt::format("{} fields, but a line is id|text or id|text|speaker", fields.size());
  if (fields[0].empty()) return "the id is empty";
  if (fields[0].find('/') != std::string::npos || fields[0] == "." || fields[0] == "..")
    return fmt::format("the id \"{}\" is no name of a file in wavs/", fields[0]);
  if (manifest_text(fields[1]).empty()) return "the text is empty";
  return {};
}

void read_manifest(TrainingSet& set, bool validation, std::unordered_map<std::string, std::string>& seen) {
  const auto path = set.manifest(validation);
  const formats::TextFile file(path);
  formats::DelimitedReader reader(file.text(), kDialect);
  for (formats::Record record; reader.next(record);) {
    const std::string place = fmt::format("{}, row {}", path.string(), record.row);
    std::string defect = defect_of(record);
    if (defect.empty()) {
      const auto [first, is_new] = seen.emplace(record.fields[0], place);
      if (!is_new) defect = fmt::format("the id \"{}\" stands in {} already", record.fields[0], first->second);
    }
    if (!defect.empty()) {
      set.defects.push_back(place + ": " + defect);
      continue;
    }
    set.clips.push_back({.id = record.fields[0],
                         .text = record.fields[1],
                         .speaker = record.fields.size() > 2 ? record.fields[2] : "",
                         .validation = validation,
                         .row = record.row});
  }
}

}  // namespace

std::filesystem::path TrainingSet::wav(const TrainingClip& clip) const { return folder / "wavs" / (clip.id + ".wav"); }

std::filesystem::path TrainingSet::manifest(bool validation) const {
  return folder / (validation ? "metadata_val.csv" : "metadata.csv");
}

TrainingSet read_training_set(const std::filesystem::path& folder) {
  TrainingSet set{.folder = folder, .clips = {}, .defects = {}};
  std::error_code error;
  if (!std::filesystem::exists(set.manifest(false), error))
    throw Error(
        "{} holds no metadata.csv, so it is no training folder. Make one: vits-train prepare --from RECORDINGS "
        "--out {}",
        folder.string(), folder.string());
  std::unordered_map<std::string, std::string> seen;
  read_manifest(set, false, seen);
  if (std::filesystem::exists(set.manifest(true), error)) read_manifest(set, true, seen);
  return set;
}

void write_manifests(const TrainingSet& set) {
  std::string lines[2];
  for (const TrainingClip& clip : set.clips)
    lines[clip.validation] += clip.id + "|" + manifest_text(clip.text) + "|" + manifest_text(clip.speaker) + "\n";
  base::write_file(set.manifest(false), lines[0]);
  if (!lines[1].empty()) {
    base::write_file(set.manifest(true), lines[1]);
  } else {
    std::error_code error;
    std::filesystem::remove(set.manifest(true), error);
    if (error) throw Error("cannot remove {}: {}.", set.manifest(true).string(), error.message());
  }
}

std::string manifest_text(const std::string& text) {
  std::string clean;
  for (size_t at = 0; at < text.size();) {
    const size_t unwelcome = unwelcome_bytes(text, at);
    if (unwelcome == 0 && text[at] != ' ') {
      clean += text[at++];
      continue;
    }
    if (!clean.empty() && clean.back() != ' ') clean += ' ';
    at += std::max<size_t>(unwelcome, 1);
  }
  if (!clean.empty() && clean.back() == ' ') clean.pop_back();
  return clean;
}

}  // namespace vits::data
