#include "vits/hub/settings.h"

#include <cctype>
#include <cstdlib>

#include "vits/base/files.h"

namespace vits::hub {

namespace fs = std::filesystem;

namespace {

// Empty counts as not set, as in a shell's ${NAME:-otherwise}.
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string first_of(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (auto value = variable(name); !value.empty()) return value;
  return {};
}

bool is_true(std::string value) {
  for (char& letter : value) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

// "~" and "$NAME" are expanded, because files that set such variables (systemd units, .env) are not read by a shell.
fs::path expanded(const std::string& text) {
  std::string path = text == "~" || text.starts_with("~/") ? variable("HOME") + text.substr(1) : text;
  for (size_t start = path.find('$'); start != std::string::npos; start = path.find('$', start + 1)) {
    const bool braced = path.compare(start + 1, 1, "{") == 0;
    const size_t first = start + (braced ? 2 : 1);
    size_t last = first;
    while (last < path.size() && (std::isalnum(static_cast<unsigned char>(path[last])) || path[last] == '_')) ++last;
    if (last == first || (braced && path.compare(last, 1, "}") != 0)) continue;
    const char* value = std::getenv(path.substr(first, last - first).c_str());
    if (value) path.replace(start, last + (braced ? 1 : 0) - start, value);
  }
  return path;
}

// A line end inside a header would let the token write further headers.
std::string clean(const std::string& token) {
  std::string kept;
  for (const char letter : token)
    if (letter != '\r' && letter != '\n') kept += letter;
  const size_t first = kept.find_first_not_of(" \t"), last = kept.find_last_not_of(" \t");
  return first == std::string::npos ? "" : kept.substr(first, last - first + 1);
}

fs::path home_folder() {
  if (const auto home = variable("HF_HOME"); !home.empty()) return expanded(home);
  const auto caches = variable("XDG_CACHE_HOME");
  return (caches.empty() ? expanded("~/.cache") : expanded(caches)) / "huggingface";
}

std::string token(const fs::path& home) {
  if (is_true(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return {};
  if (auto given = clean(first_of({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"})); !given.empty()) return given;
  const auto named = variable("HF_TOKEN_PATH");
  const fs::path file = named.empty() ? home / "token" : expanded(named);
  constexpr uint64_t kLongestToken = 1 << 16;
  return fs::exists(file) ? clean(base::read_file(file, kLongestToken)) : "";
}

}  // namespace

Settings settings_from_environment() {
  Settings settings;
  if (const auto endpoint = variable("HF_ENDPOINT"); !endpoint.empty()) settings.endpoint = endpoint;
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  const fs::path home = home_folder();
  const auto cache = first_of({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"});
  settings.cache_folder = fs::absolute(cache.empty() ? home / "hub" : expanded(cache));
  settings.token = token(home);
  settings.certificates = expanded(first_of({"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}));
  settings.offline = is_true(first_of({"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}));
  settings.links = !is_true(variable("HF_HUB_DISABLE_SYMLINKS"));
  return settings;
}

}  // namespace vits::hub
