#include "hash.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <vector>

#include "vits/base/error.h"
#include "vits/base/stop_signal.h"

namespace vits::data {

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
    throw Error("OpenSSL on this machine offers no SHA-256, which tells whether a recording has changed.");
}

Sha256& Sha256::add(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  return *this;
}

std::string Sha256::hex() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int count = 0;
  EVP_DigestFinal_ex(context_.get(), bytes, &count);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

uint64_t checksum(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::string sha256(std::string_view bytes) { return Sha256().add(bytes).hex(); }

std::string sha256_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error("cannot read {}: {}.", path.string(), std::strerror(errno));
  Sha256 hash;
  std::vector<char> block(1 << 18);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    base::throw_if_stopped();
    hash.add({block.data(), static_cast<size_t>(file.gcount())});
  }
  if (file.bad()) throw Error("cannot read {}: {}.", path.string(), std::strerror(errno));
  return hash.hex();
}

double share_of(std::string_view purpose, std::string_view text) {
  const std::string digits = Sha256().add(purpose).add("\n").add(text).hex();
  return std::ldexp(static_cast<double>(std::stoull(digits.substr(0, 13), nullptr, 16)), -52);
}

}  // namespace vits::data
