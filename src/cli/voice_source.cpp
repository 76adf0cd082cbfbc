#include "voice_source.h"

#include <memory>

#include "vits/base/error.h"
#include "vits/hub/hub.h"
#include "vits/report/log.h"
#include "vits/report/progress.h"

namespace vits::cli {

std::filesystem::path find_voice(const std::string& path_or_name) {
  if (std::filesystem::exists(path_or_name)) return path_or_name;
  const std::string name = path_or_name.substr(0, path_or_name.find('@'));
  if (!hub::looks_like_hub_name(name))
    throw Error("{}: there is no such file or folder, and a voice on the hub is called owner/name.", path_or_name);

  std::unique_ptr<report::Progress> bar;
  std::string shown;
  hub::Listeners listeners;
  listeners.progress = [&](const std::string& file, int64_t done_bytes, int64_t total_bytes) {
    if (file != shown) {
      bar = std::make_unique<report::Progress>(file, total_bytes, "bytes", report::Unit::kBytes);
      shown = file;
    }
    bar->set(done_bytes);
  };
  listeners.notice = [](const std::string& sentence) { report::info("hub", "{}", sentence); };
  return hub::fetch_model(path_or_name, hub::settings_from_environment(), listeners);
}

}  // namespace vits::cli
