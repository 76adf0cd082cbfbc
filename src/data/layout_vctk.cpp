#include <algorithm>
#include <map>
#include <set>

#include "clip_rows.h"
#include "folder_walk.h"
#include "layouts.h"
#include "text_of_file.h"

namespace vits::data {

namespace fs = std::filesystem;

namespace {

// The folder of recordings: the trimmed one of release 0.92 before the plain one.
std::string recording_folder(const FolderEntries& entries) {
  std::string best;
  for (const std::string& name : entries.folders)
    if (name.starts_with("wav") && (best.empty() || name.ends_with("silence_trimmed"))) best = name;
  return best;
}

// p225_001_mic1.flac -> p225_001; two microphones recorded the same sentence.
std::string sentence_of(const std::string& file_name) {
  std::string stem = without_sound_extension(file_name);
  if (stem.ends_with("_mic1") || stem.ends_with("_mic2")) stem.resize(stem.size() - 5);
  return stem;
}

bool is_better(const std::string& a, const std::string& b) {
  const auto rank = [](const std::string& name) {
    return std::tuple(without_sound_extension(name).ends_with("_mic2"), sound_extension_rank(name), name);
  };
  return rank(a) < rank(b);
}

void list_speaker(const fs::path& texts, const fs::path& recordings, const std::string& speaker, Task& task) {
  std::map<std::string, std::string> sound_of;
  for (const std::string& name : entries_of(recordings / speaker).files) {
    if (!has_sound_extension(name)) continue;
    std::string& best = sound_of[sentence_of(name)];
    if (best.empty() || is_better(name, best)) best = name;
  }
  std::set<std::string> text_of;
  for (const std::string& name : entries_of(texts / speaker).files)
    if (name.ends_with(".txt")) text_of.insert(name.substr(0, name.size() - 4));

  for (const auto& [id, sound_name] : sound_of) {
    Row row;
    row.id = id;
    row.speaker = speaker;
    AudioPlace sound;
    sound.file = recordings / speaker / sound_name;
    row.manifest = sound.file.string();
    const fs::path text_path = texts / speaker / (id + ".txt");
    if (text_of.erase(id) == 0) {
      reject_row(row, "it has no text: there is no " + text_path.string(), task.listing);
      continue;
    }
    row.manifest = text_path.string();
    const TextOfFile text = text_of_file(text_path, task.options.encoding);
    row.text = text.text;
    if (text.defect.empty())
      add_clip(row, sound, task.listing);
    else
      reject_row(row, text.defect, task.listing);
  }
  for (const std::string& id : text_of) {
    Row row;
    row.id = id;
    row.manifest = (texts / speaker / (id + ".txt")).string();
    reject_row(row, "it has no recording in " + (recordings / speaker).string(), task.listing);
  }
}

}  // namespace

Parts vctk_parts(const fs::path& folder, const LayoutOptions&) {
  const FolderEntries entries = entries_of(folder);
  const bool has_texts = std::binary_search(entries.folders.begin(), entries.folders.end(), "txt");
  if (!has_texts || recording_folder(entries).empty() || entries_of(folder / "txt").folders.empty()) return {};
  return {{folder, ""}};
}

void list_vctk(const Part& part, Task& task) {
  const fs::path texts = part.path / "txt", recordings = part.path / recording_folder(entries_of(part.path));
  std::set<std::string> speakers;
  for (const fs::path& folder : {texts, recordings})
    for (const std::string& name : entries_of(folder).folders) speakers.insert(name);
  for (const std::string& speaker : speakers)
    if (task.splits.takes("")) list_speaker(texts, recordings, speaker, task);
}

}  // namespace vits::data
