#include "replace.h"

#include <algorithm>
#include <string>
#include <vector>

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/patterns.h"
#include "vits/exporter/write_voice.h"
#include "vits/formats/file_kind.h"
#include "vits/formats/json.h"

namespace vits::exporter {

namespace fs = std::filesystem;

namespace {

struct Layout {
  std::vector<std::string> weights;  // one of these makes it a voice
  std::vector<std::string> others;
};

const Layout& huggingface_layout() {
  static const Layout layout{
      {"model.safetensors", "model-*-of-*.safetensors", "pytorch_model.bin", "pytorch_model-*-of-*.bin"},
      {"config.json", "generation_config.json", "model.safetensors.index.json", "pytorch_model.bin.index.json",
       "vocab.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
       "preprocessor_config.json", "speakers.json", kArchiveBeside}};
  return layout;
}

const Layout& original_layout() {
  static const Layout layout{{"G_*.pth"}, {"D_*.pth", "config.json", "vocab.txt", "speakers.json"}};
  return layout;
}

// Nobody misses these: what a killed program of ours left, and what a file manager writes by itself.
const std::vector<std::string>& litter() {
  static const std::vector<std::string> names{".*.part", ".DS_Store"};
  return names;
}

// Null when config.json describes no VITS, or cannot be read.
const Layout* layout_of(const fs::path& config_json) {
  try {
    const formats::Json config = formats::read_json(config_json);
    if (!config.is_object()) return nullptr;
    if (const auto type = config.find("model_type"); type != config.end())
      return *type == "vits" ? &huggingface_layout() : nullptr;
    const auto model = config.find("model"), data = config.find("data");
    const bool original =
        model != config.end() && data != config.end() && model->is_object() && model->contains("inter_channels");
    return original ? &original_layout() : nullptr;
  } catch (const Error&) {
    return nullptr;
  }
}

fs::path followed(const fs::path& to) {
  fs::path place = to.filename().empty() ? to.parent_path() : to;  // "out/" means "out"
  if (!fs::is_symlink(place)) return place;
  std::error_code error;
  fs::path target = fs::canonical(place, error);
  if (error)
    throw Error("{} is a link to {}, where nothing stands. Remove the link, or name another place.", place.string(),
                fs::read_symlink(place).string());
  return target;
}

std::string text_of(const fs::directory_entry& entry) {
  return (entry.is_directory() ? "the folder " : "") + entry.path().filename().string();
}

}  // namespace

void check_replaceable(const fs::path& to) {
  const fs::path folder = followed(to);
  if (!fs::exists(folder)) return;
  if (!fs::is_directory(folder)) throw Error("{} is a file; a voice of this format is a folder.", folder.string());
  std::vector<fs::directory_entry> entries(fs::directory_iterator(folder), fs::directory_iterator{});
  if (entries.empty()) return;
  std::sort(entries.begin(), entries.end());

  const auto no_voice = [&](const char* why) {
    throw Error("{} is no voice's folder ({}): what it holds would be lost, {} first. Name another folder.",
                folder.string(), why, text_of(entries.front()));
  };
  if (!fs::exists(folder / "config.json")) no_voice("it has no config.json");
  const Layout* layout = layout_of(folder / "config.json");
  if (!layout) no_voice("its config.json describes no VITS");
  const auto stands_in = [](const fs::directory_entry& entry, const std::vector<std::string>& names) {
    return !entry.is_directory() && base::matches_any(entry.path().filename().string(), names);
  };
  if (std::none_of(entries.begin(), entries.end(),
                   [&](const auto& entry) { return stands_in(entry, layout->weights); }))
    no_voice("it has no weights");
  for (const auto& entry : entries)
    if (!stands_in(entry, layout->weights) && !stands_in(entry, layout->others) && !stands_in(entry, litter()))
      throw Error("{} holds more than a voice: {} would be lost. Move it away first, or name another folder.",
                  folder.string(), text_of(entry));
}

void check_replaceable_archive(const fs::path& to) {
  const fs::path archive = followed(to);
  if (!fs::exists(archive)) return;
  if (fs::is_directory(archive)) throw Error("{} is a folder; a TorchScript archive is a file.", archive.string());
  if (!fs::is_regular_file(archive)) throw Error("{} is no file that can be replaced. Name another.", archive.string());
  if (fs::file_size(archive) == 0) return;
  if (const auto kind = formats::file_kind(archive); kind != formats::FileKind::torchscript)
    throw Error("{} is a {} and no TorchScript archive: it would be lost. Name another file.", archive.string(),
                formats::name_of(kind));
}

fs::path ready_folder(const fs::path& to) {
  check_replaceable(to);
  fs::path place = followed(to);
  base::remove_unfinished_of(place);
  return place;
}

fs::path ready_archive(const fs::path& to) {
  check_replaceable_archive(to);
  fs::path place = followed(to);
  base::remove_unfinished_of(place);
  return place;
}

}  // namespace vits::exporter
