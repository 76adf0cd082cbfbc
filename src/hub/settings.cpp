#include "vits/hub/settings.h"

#include <cctype>

#include "vits/base/files.h"
#include "vits/base/user_folders.h"

namespace vits::hub {

namespace fs = std::filesystem;

namespace {

std::string first_of(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (auto value = base::environment_variable(name); !value.empty()) return value;
  return {};
}

bool is_true(std::string value) {
  for (char& letter : value) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
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
  if (const auto home = base::environment_variable("HF_HOME"); !home.empty()) return base::expanded_path(home);
  return base::cache_folder() / "huggingface";
}

std::string token(const fs::path& home) {
  if (is_true(base::environment_variable("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return {};
  if (auto given = clean(first_of({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"})); !given.empty()) return given;
  const auto named = base::environment_variable("HF_TOKEN_PATH");
  const fs::path file = named.empty() ? home / "token" : base::expanded_path(named);
  constexpr uint64_t kLongestToken = 1 << 16;
  return fs::exists(file) ? clean(base::read_file(file, kLongestToken)) : "";
}

}  // namespace

Settings settings_from_environment() {
  Settings settings;
  if (const auto endpoint = base::environment_variable("HF_ENDPOINT"); !endpoint.empty()) settings.endpoint = endpoint;
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  const fs::path home = home_folder();
  const auto cache = first_of({"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"});
  settings.cache_folder = fs::absolute(cache.empty() ? home / "hub" : base::expanded_path(cache));
  settings.token = token(home);
  settings.certificates = base::expanded_path(first_of({"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}));
  settings.offline = is_true(first_of({"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"}));
  settings.links = !is_true(base::environment_variable("HF_HUB_DISABLE_SYMLINKS"));
  return settings;
}

}  // namespace vits::hub
