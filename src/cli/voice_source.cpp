#include "voice_source.h"

#include "hub_progress.h"
#include "vits/base/error.h"
#include "vits/hub/hub.h"

namespace vits::cli {

std::filesystem::path find_voice(const std::string& path_or_name) {
  if (std::filesystem::exists(path_or_name)) return path_or_name;
  const std::string name = path_or_name.substr(0, path_or_name.find('@'));
  if (!hub::looks_like_hub_name(name))
    throw Error("{}: there is no such file or folder, and a voice on the hub is called owner/name.", path_or_name);

  HubProgress progress;
  return hub::fetch_model(path_or_name, hub::settings_from_environment(), progress.listeners());
}

}  // namespace vits::cli
