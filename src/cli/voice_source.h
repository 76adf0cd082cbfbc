// Voices are named by a path or by their name on the hub.
#pragma once
#include <filesystem>
#include <string>

namespace vits::cli {

// What stands at the path; otherwise, when it can be a hub name ("facebook/mms-tts-eng"), its folder in the cache,
// downloaded with progress when it is not complete there. Throws Error when neither is there.
std::filesystem::path find_voice(const std::string& path_or_name);

}  // namespace vits::cli
