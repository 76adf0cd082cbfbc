// Where this user keeps things, by the environment. An empty variable counts as not set, as in a shell's
// ${NAME:-otherwise}.
#pragma once
#include <filesystem>
#include <string>

namespace vits::base {

std::string environment_variable(const char* name);  // empty when not set

// With "~", "$NAME" and "${NAME}" replaced, because files that set such variables (systemd units, .env) are not read by
// a shell. Names that are not set stay as they are.
std::filesystem::path expanded_path(const std::string& text);

std::filesystem::path cache_folder();  // $XDG_CACHE_HOME or ~/.cache

}  // namespace vits::base
