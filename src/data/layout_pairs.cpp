#include <map>

#include "clip_rows.h"
#include "folder_walk.h"
#include "layouts.h"
#include "text_of_file.h"

namespace vits::data {

namespace fs = std::filesystem;

namespace {

constexpr int kDeepest = 32;

// By the part of the name that they share.
struct Pair {
  std::string sound, text;
};

std::map<std::string, Pair> pairs_in(const FolderEntries& entries) {
  std::map<std::string, Pair> pairs;
  for (const std::string& name : entries.files) {
    if (!has_sound_extension(name)) continue;
    std::string& sound = pairs[without_sound_extension(name)].sound;
    if (sound.empty() || sound_extension_rank(name) < sound_extension_rank(sound)) sound = name;
  }
  // LibriTTS has the text as it is spoken in .normalized.txt; .lab is what aligners want.
  for (const std::string_view ending : {".normalized.txt", ".txt", ".lab"})
    for (const std::string& name : entries.files) {
      if (!name.ends_with(ending) || name.size() == ending.size()) continue;
      const auto pair = pairs.find(name.substr(0, name.size() - ending.size()));
      if (pair != pairs.end() && pair->second.text.empty()) pair->second.text = name;
    }
  return pairs;
}

}  // namespace

Parts pairs_parts(const fs::path& folder, const LayoutOptions&) {
  bool any = false;
  walk_folders(folder, kDeepest, [&](const fs::path&, const FolderEntries& entries) {
    if (any) return;
    for (const auto& [stem, pair] : pairs_in(entries)) any |= !pair.text.empty();
  });
  return any ? Parts{{folder, ""}} : Parts{};
}

void list_pairs(const Part& part, Task& task) {
  walk_folders(part.path, kDeepest, [&](const fs::path& folder, const FolderEntries& entries) {
    const fs::path below = folder.lexically_relative(part.path);
    const std::string split = split_folder_of((below / "").string());
    for (const auto& [stem, pair] : pairs_in(entries)) {
      if (!task.splits.takes(split)) continue;
      Row row;
      row.id = (below == "." ? fs::path(stem) : below / stem).string();
      AudioPlace sound;
      sound.file = folder / pair.sound;
      if (pair.text.empty()) {
        row.manifest = sound.file.string();
        reject_row(row, "there is no text beside it: " + stem + ".txt", task.listing);
        continue;
      }
      row.manifest = (folder / pair.text).string();
      const TextOfFile text = text_of_file(folder / pair.text, task.options.encoding);
      row.text = text.text;
      if (text.defect.empty())
        add_clip(row, sound, task.listing);
      else
        reject_row(row, text.defect, task.listing);
    }
  });
}

}  // namespace vits::data
