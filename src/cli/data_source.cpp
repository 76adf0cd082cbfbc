#include "data_source.h"

#include <string_view>

#include "hub_progress.h"
#include "vits/base/error.h"

namespace vits::cli {

namespace {

constexpr std::string_view kHub = "hf:";

const std::vector<std::string> kPatterns = {"*.parquet", "*.arrow", "*.json", "*.jsonl", "*.csv",  "*.tsv", "*.txt",
                                            "*.wav",     "*.mp3",   "*.flac", "*.ogg",   "*.opus", "*.m4a", "*.aac",
                                            "*.webm",    "*.mp4",   "*.wma",  "*.aif",   "*.aiff"};

}  // namespace

data::PrepareSource find_data_source(const std::string& path_or_name) {
  if (!path_or_name.starts_with(kHub)) {
    std::error_code error;
    const bool is_there = std::filesystem::exists(path_or_name, error);
    const std::string name = path_or_name.substr(0, path_or_name.find('@'));
    if (!is_there)
      throw Error("there is no {}.{}", path_or_name,
                  hub::looks_like_hub_name(name)
                      ? fmt::format(" If it is a data set on the hub, write --from hf:{}", path_or_name)
                      : std::string());
    return {.path = path_or_name, .name = path_or_name};
  }
  const auto repository = hub::parse_repository(path_or_name.substr(kHub.size()), hub::Kind::dataset);
  HubProgress progress;
  const hub::Snapshot snapshot =
      hub::fetch_files(repository, kPatterns, hub::settings_from_environment(), progress.listeners());
  if (snapshot.files.empty())
    throw Error("{} holds no recordings, manifests or tables that could be read here. Look at its files on the hub.",
                path_or_name);
  return {.path = snapshot.folder, .name = path_or_name};
}

}  // namespace vits::cli
