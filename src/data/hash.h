// SHA-256: what a recording, a manifest or a setting was when a clip was made of it.
#pragma once
#include <openssl/evp.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace vits::data {

class Sha256 {
 public:
  Sha256();
  Sha256& add(std::string_view bytes);
  std::string hex();  // 64 digits; ends the hash

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

// FNV-1a, 64 bits: against torn lines and for short names, not against malice.
uint64_t checksum(std::string_view bytes);

std::string sha256(std::string_view bytes);
std::string sha256_of_file(const std::filesystem::path& path);  // in pieces; throws Error, and Stopped on a signal

// The same text gives the same number from 0 to below 1 everywhere and always. `purpose` makes independent numbers.
double share_of(std::string_view purpose, std::string_view text);

}  // namespace vits::data
