#include "vits/hub/repository.h"

#include <algorithm>
#include <cctype>

#include "vits/base/error.h"

namespace vits::hub {

namespace {

constexpr size_t kLongestPart = 96;

bool is_part(std::string_view part) {
  const auto is_word = [](unsigned char letter) { return std::isalnum(letter) || letter == '_'; };
  return !part.empty() && part.size() <= kLongestPart && is_word(part.front()) && is_word(part.back())
         && std::all_of(part.begin(), part.end(),
                        [&](unsigned char letter) { return is_word(letter) || letter == '-' || letter == '.'; });
}

bool is_name(std::string_view name) {
  const size_t slash = name.find('/');
  return slash != std::string_view::npos && is_part(name.substr(0, slash)) && is_part(name.substr(slash + 1))
         && name.find("--") == std::string_view::npos && name.find("..") == std::string_view::npos
         && !name.ends_with(".git");
}

// It becomes a path below refs/, so it must not lead out of there.
bool is_revision(std::string_view revision) {
  return !revision.empty() && revision.front() != '/' && revision.back() != '/'
         && revision.find("..") == std::string_view::npos && revision.find("//") == std::string_view::npos
         && std::all_of(revision.begin(), revision.end(), [](unsigned char letter) {
              return std::isgraph(letter)
                     && std::string_view("\\~^:?*[@").find(static_cast<char>(letter)) == std::string_view::npos;
            });
}

struct Parts {
  std::string_view name, revision;
};

Parts split(std::string_view text) {
  const size_t at = text.find('@');
  if (at == std::string_view::npos) return {text, "main"};
  return {text.substr(0, at), text.substr(at + 1)};
}

}  // namespace

bool looks_like_hub_name(std::string_view text) {
  const auto [name, revision] = split(text);
  return is_name(name) && is_revision(revision);
}

Repository parse_repository(std::string_view text, Kind kind) {
  if (!looks_like_hub_name(text))
    throw UsageError(
        "\"{}\" is no name on the hub: such a name is owner/name or owner/name@revision, of letters, digits, \"-\", "
        "\"_\" "
        "and \".\", for example facebook/mms-tts-eng.",
        text);
  const auto [name, revision] = split(text);
  return {kind, std::string(name), std::string(revision)};
}

}  // namespace vits::hub
