#include "hashing.h"

#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <vector>

#include "vits/base/error.h"
#include "vits/base/stop_signal.h"

namespace vits::hub {

namespace {

std::string digest(const EVP_MD* algorithm, const std::string& header, const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  bool fine = context && EVP_DigestInit_ex(context.get(), algorithm, nullptr)
              && EVP_DigestUpdate(context.get(), header.data(), header.size());
  std::vector<char> block(1 << 20);
  while (fine && (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0)) {
    base::throw_if_stopped();
    fine = EVP_DigestUpdate(context.get(), block.data(), static_cast<size_t>(file.gcount()));
  }
  if (!file.eof()) throw Error("cannot read {} to check it.", path.string());
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int count = 0;
  if (!fine || !EVP_DigestFinal_ex(context.get(), bytes, &count))
    throw Error("OpenSSL on this machine offers no {}, with which {} is to be checked.", EVP_MD_get0_name(algorithm),
                path.string());
  std::string text;
  for (unsigned int i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

bool is_hex(const std::string& text) { return text.find_first_not_of("0123456789abcdef") == std::string::npos; }

}  // namespace

std::string sha256(const std::filesystem::path& file) { return digest(EVP_sha256(), {}, file); }

std::string git_blob_sha1(const std::filesystem::path& file) {
  const std::string header = fmt::format("blob {}", std::filesystem::file_size(file)) + '\0';
  return digest(EVP_sha1(), header, file);
}

bool has_content(const std::filesystem::path& file, const std::string& etag) {
  if (!is_hex(etag)) return true;
  if (etag.size() == 64) return sha256(file) == etag;
  if (etag.size() == 40) return git_blob_sha1(file) == etag;
  return true;
}

}  // namespace vits::hub
