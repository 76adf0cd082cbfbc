#include "version.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <mpg123.h>
#include <samplerate.h>
#include <sndfile.h>
#include <torch/version.h>
#include <unicode/uversion.h>

#include "build_info.h"

namespace vits::cli {

using namespace build_info;

std::vector<std::pair<std::string, std::string>> versions() {
  const std::string cuda = *kCudaArchitectures ? fmt::format("{} (kernels for {})", kCudaVersion, kCudaArchitectures)
                                               : "no kernels in this build";
  return {
      {"vits-train", kVersion},
      {"build", kBuildType},
      {"compiler", kCompiler},
      {"LibTorch", TORCH_VERSION},
      {"CUDA", cuda},
      {"libsndfile", sf_version_string()},
      {"libmpg123", fmt::format("interface {}", MPG123_API_VERSION)},  // its release has no name in Debian 12's header
      {"libsamplerate", src_get_version()},
      {"libcurl", curl_version_info(CURLVERSION_NOW)->version},
      {"ICU", U_ICU_VERSION}};
}

std::string version_text() {
  std::string text;
  for (const auto& [name, version] : versions()) text += fmt::format("{:<14} {}\n", name, version);
  return text;
}

}  // namespace vits::cli
