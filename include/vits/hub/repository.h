// Names of repositories on the hub: "owner/name", with "@revision" behind it for another branch, tag or commit than
// main.
#pragma once
#include <string>
#include <string_view>

namespace vits::hub {

enum class Kind { model, dataset };

struct Repository {
  Kind kind = Kind::model;
  std::string name;  // owner/name
  std::string revision = "main";
};

// Whether a text can be such a name by the hub's rules: letters, digits, "-", "_" and ".", two parts of at most 96,
// neither
// "--" nor "..", no "." or "-" at an end, not ".git". A relative path of two parts looks the same: ask the disk first.
bool looks_like_hub_name(std::string_view text);

// Throws UsageError when it does not look like a name.
Repository parse_repository(std::string_view text, Kind kind);

}  // namespace vits::hub
