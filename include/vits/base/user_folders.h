// Where this user keeps things, and what else the environment says. An empty variable counts as not set, as in a
// shell's
// ${NAME:-otherwise}.
#pragma once
#include <filesystem>
#include <string>

namespace vits::base {

std::string environment_variable(const char* name);  // empty when not set
bool is_set(const char* name);                       // be it to nothing

// With "~", "$NAME" and "${NAME}" replaced, because files that set such variables (systemd units, .env) are not read by
// a shell. Names that are not set stay as they are.
std::filesystem::path expanded_path(const std::string& text);

std::filesystem::path cache_folder();  // $XDG_CACHE_HOME or ~/.cache

}  // namespace vits::base
