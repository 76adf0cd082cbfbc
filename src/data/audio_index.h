// Finds the recordings that manifests name. Each folder is listed once and kept, so that fifty thousand names cost no
// system call each, and a name without its extension, or with the one it had before the files were converted, is found.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vits::data {

size_t sound_extension_rank(std::string_view name);  // the lower the better, of files that hold the same
bool has_sound_extension(std::string_view name);     // .wav, .flac, .mp3 ... in any case
std::string without_sound_extension(std::string_view name);
std::string file_stem(std::string_view path);  // the last part, without a sound's extension

class AudioIndex {
 public:
  // Names are looked for in these folders, in this order.
  explicit AudioIndex(std::vector<std::filesystem::path> folders);

  // The folder of a manifest, the folders in it that usually hold the recordings, and the folder above.
  static AudioIndex around(const std::filesystem::path& manifest);

  // A path as a manifest has it: relative to one of the folders or absolute; a data set that has moved is found by the
  // end of its absolute paths. Nothing when there is no such file; why_not() says more.
  std::optional<std::filesystem::path> find(const std::string& name);
  std::string why_not(const std::string& name);

 private:
  struct Folder {
    std::unordered_map<std::string, bool> entries;                    // name -> is it a folder
    std::unordered_map<std::string, std::vector<std::string>> stems;  // without extension -> recordings
    std::unordered_map<std::string, std::string> composed;            // names with accents, as NFC -> as they are
    bool composed_made = false;
  };
  Folder& folder(const std::string& path);
  std::optional<std::string> find_in(Folder& folder, const std::string& name);
  std::optional<std::filesystem::path> find_below(const std::filesystem::path& start, const std::string& name);

  std::vector<std::filesystem::path> folders_;
  std::unordered_map<std::string, Folder> listed_;
};

}  // namespace vits::data
