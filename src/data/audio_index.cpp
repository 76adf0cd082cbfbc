#include "audio_index.h"

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

#include <algorithm>
#include <array>

namespace vits::data {

namespace fs = std::filesystem;

namespace {

// Of two files that differ in this alone the earlier one is taken: what has lost less comes first.
constexpr std::array<std::string_view, 30> kSoundExtensions{
    "wav", "flac", "aiff", "aif",  "aifc", "w64",  "rf64", "caf", "au",  "snd", "sph", "nist", "ogg", "opus", "oga",
    "m4a", "aac",  "mp4",  "webm", "mka",  "weba", "wma",  "mp3", "amr", "wv",  "ape", "mp2",  "mkv", "mov",  "3gp"};

std::string_view extension_of(std::string_view name) {  // without the dot
  const size_t dot = name.rfind('.');
  const size_t slash = name.find_last_of("/\\");
  if (dot == std::string_view::npos || dot == 0 || (slash != std::string_view::npos && dot < slash + 2)) return {};
  return name.substr(dot + 1);
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// macOS writes names with accents taken apart; a manifest has them in one piece.
std::string composed_form(const std::string& name) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status)) return name;
  std::string composed;
  icu::StringByteSink<std::string> sink(&composed);
  nfc->normalizeUTF8(0, name, sink, nullptr, status);
  return U_FAILURE(status) ? name : composed;
}

}  // namespace

size_t sound_extension_rank(std::string_view name) {
  std::string extension(extension_of(name));
  for (char& c : extension) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return static_cast<size_t>(std::find(kSoundExtensions.begin(), kSoundExtensions.end(), extension)
                             - kSoundExtensions.begin());
}

bool has_sound_extension(std::string_view name) { return sound_extension_rank(name) < kSoundExtensions.size(); }

std::string without_sound_extension(std::string_view name) {
  if (has_sound_extension(name)) name.remove_suffix(extension_of(name).size() + 1);
  return std::string(name);
}

std::string file_stem(std::string_view path) {
  while (path.ends_with('/') || path.ends_with('\\')) path.remove_suffix(1);
  const size_t slash = path.find_last_of("/\\");
  return without_sound_extension(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

namespace {

fs::path folder_above(const fs::path& folder) {
  const fs::path name = folder.filename();
  if (name.empty() || name == "." || name == "..") return folder / "..";
  return folder.parent_path().empty() ? fs::path(".") : folder.parent_path();
}

}  // namespace

AudioIndex::AudioIndex(std::vector<fs::path> folders) : folders_(std::move(folders)) {}

AudioIndex AudioIndex::around(const fs::path& manifest) {
  const fs::path folder = manifest.parent_path().empty() ? fs::path(".") : manifest.parent_path();
  const auto folder_and_usual = [](const fs::path& base) {
    std::vector<fs::path> folders{base};
    for (const char* name : {"wavs", "wav", "clips", "audio", "audios", "recordings", "data", "flac", "mp3"}) {
      std::error_code error;
      if (fs::is_directory(base / name, error)) folders.push_back(base / name);
    }
    return folders;
  };
  std::vector<fs::path> folders = folder_and_usual(folder);
  for (const fs::path& above : folder_and_usual(folder_above(folder))) folders.push_back(above);
  return AudioIndex(folders);
}

AudioIndex::Folder& AudioIndex::folder(const std::string& path) {
  const auto [place, is_new] = listed_.try_emplace(path);
  Folder& folder = place->second;
  if (!is_new) return folder;
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    std::string name = entry->path().filename().string();
    std::error_code gone;
    const bool is_folder = entry->is_directory(gone);
    if (!is_folder && has_sound_extension(name)) folder.stems[without_sound_extension(name)].push_back(name);
    folder.entries.emplace(std::move(name), is_folder);
  }
  for (auto& [stem, names] : folder.stems)
    std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
      return std::pair(sound_extension_rank(a), a) < std::pair(sound_extension_rank(b), b);
    });
  return folder;
}

std::optional<std::string> AudioIndex::find_in(Folder& folder, const std::string& name) {
  const auto exact = folder.entries.find(name);
  if (exact != folder.entries.end() && !exact->second) return name;
  for (const std::string& stem : {name, without_sound_extension(name)}) {
    const auto found = folder.stems.find(stem);
    if (found != folder.stems.end()) return found->second.front();
  }
  if (is_ascii(name)) return std::nullopt;
  if (!folder.composed_made) {
    for (const auto& [entry, is_folder] : folder.entries) {
      if (is_folder || is_ascii(entry)) continue;
      folder.composed.emplace(composed_form(entry), entry);
      folder.composed.emplace(composed_form(without_sound_extension(entry)), entry);
    }
    folder.composed_made = true;
  }
  const auto found = folder.composed.find(composed_form(name));
  return found == folder.composed.end() ? std::nullopt : std::optional(found->second);
}

std::optional<fs::path> AudioIndex::find_below(const fs::path& start, const std::string& name) {
  const size_t slash = name.rfind('/');
  const fs::path path = slash == std::string::npos ? start : start / name.substr(0, std::max<size_t>(slash, 1));
  const std::string last = slash == std::string::npos ? name : name.substr(slash + 1);
  if (last.empty() || last == "." || last == "..") return std::nullopt;
  if (slash != std::string::npos
      && !start.empty()) {  // so that folders that are not there are not remembered by the thousand
    const std::string first = name.substr(0, name.find('/'));
    const auto& entries = folder(start.string()).entries;
    const auto entry = entries.find(first);
    if (!first.empty() && first != "." && first != ".." && (entry == entries.end() || !entry->second))
      return std::nullopt;
  }
  const auto found = find_in(folder(path.string()), last);
  return found ? std::optional(path / *found) : std::nullopt;
}

std::optional<fs::path> AudioIndex::find(const std::string& given) {
  if (given.empty() || given.find('\0') != std::string::npos) return std::nullopt;
  std::string name = given;
  for (bool of_windows : {false, true}) {
    if (of_windows) {
      if (given.find('\\') == std::string::npos) break;
      std::replace(name.begin(), name.end(), '\\', '/');
    }
    const bool has_drive = name.size() > 2 && name[1] == ':' && name[2] == '/';
    if (name.starts_with('/') || has_drive) {
      if (auto found = find_below("", name)) return found;
      // Longest end first; its parts stand for folders that have moved together with the recording.
      for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1))
        for (const fs::path& start : folders_)
          if (auto found = find_below(start, name.substr(slash + 1))) return found;
      continue;
    }
    for (const fs::path& start : folders_)
      if (auto found = find_below(start, name)) return found;
  }
  return std::nullopt;
}

std::string AudioIndex::why_not(const std::string& name) {
  if (name.empty()) return "it names no recording";
  std::error_code error;
  for (const fs::path& start : folders_)
    if (name.find('\0') == std::string::npos && fs::is_directory(start / name, error))
      return fmt::format("\"{}\" is a folder, not a recording", name);
  return fmt::format("there is no recording \"{}\" in {}{}", name, folders_.front().string(),
                     folders_.size() > 1 ? ", the folders usual in it or the one above" : "");
}

}  // namespace vits::data
