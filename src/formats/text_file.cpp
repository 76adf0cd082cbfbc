#include "vits/formats/text_file.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>

#include "printable.h"
#include "vits/base/error.h"

namespace vits::formats {

namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr size_t kLargestConverted = 1ull << 30;  // a table of text that large is in UTF-8 and mapped
constexpr size_t kGuessedFrom = 64 << 10;
constexpr char kNoCharacter = '\xFF';  // never part of UTF-8

// UTF-16 without a mark: spaces, digits, commas and line ends put a zero into every other byte, on one side only.
std::optional<std::string> utf16_by_zeros(std::string_view text) {
  const size_t pairs = std::min(text.size(), kGuessedFrom) / 2;
  size_t zeros[2] = {0, 0};
  for (size_t i = 0; i < 2 * pairs; ++i) zeros[i % 2] += text[i] == '\0';
  const auto side = [&](int i) { return zeros[i] * 20 > pairs && zeros[i] > 10 * zeros[1 - i]; };
  if (side(1)) return "UTF-16LE";
  if (side(0)) return "UTF-16BE";
  return std::nullopt;
}

// Nothing when the text is UTF-8, or meant to be.
std::optional<std::string> guess_encoding(std::string_view text) {
  using namespace std::string_view_literals;
  if (text.starts_with("\xFF\xFE\0\0"sv)) return "UTF-32LE";
  if (text.starts_with("\0\0\xFE\xFF"sv)) return "UTF-32BE";
  if (text.starts_with("\xFF\xFE")) return "UTF-16LE";
  if (text.starts_with("\xFE\xFF")) return "UTF-16BE";
  if (text.starts_with(kUtf8Mark)) return std::nullopt;
  return utf16_by_zeros(text);
}

bool names_utf8(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name == "utf-8" || name == "utf8";
}

class Converter {
 public:
  Converter(const std::string& encoding, const std::filesystem::path& path) {
    // A slash would begin one of iconv's suffixes, and nothing at all means the encoding of the terminal.
    if (!encoding.empty() && encoding.find('/') == std::string::npos) handle_ = iconv_open("UTF-8", encoding.c_str());
    if (!is_open())
      throw Error("{} cannot be read: there is no encoding \"{}\". `iconv --list` shows those that there are.",
                  path.string(), printable(encoding));
    if (encoding.starts_with("UTF-16")) unit_bytes_ = 2;
    if (encoding.starts_with("UTF-32")) unit_bytes_ = 4;
  }
  ~Converter() {
    if (is_open()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  std::string operator()(std::string_view text) {
    std::string result, piece(64 << 10, '\0');
    char* in = const_cast<char*>(text.data());
    size_t left = text.size();
    while (left > 0) {
      char* out = piece.data();
      size_t room = piece.size();
      const bool failed = iconv(handle_, &in, &left, &out, &room) == static_cast<size_t>(-1);
      const int why = errno;
      result.append(piece.data(), piece.size() - room);
      if (!failed || why == E2BIG) continue;
      result += kNoCharacter;
      const size_t skipped = std::min(left, why == EINVAL ? left : unit_bytes_);
      in += skipped;
      left -= skipped;
    }
    return result;
  }

 private:
  bool is_open() const { return handle_ != nullptr && reinterpret_cast<intptr_t>(handle_) != -1; }

  iconv_t handle_ = nullptr;
  size_t unit_bytes_ = 1;
};

}  // namespace

TextFile::TextFile(const std::filesystem::path& path, const std::string& encoding)
    : path_(path), file_(std::make_unique<base::MappedFile>(path)) {
  text_ = {file_->bytes().data(), file_->bytes().size()};
  std::optional<std::string> other;
  if (encoding == "auto")
    other = guess_encoding(text_);
  else if (!names_utf8(encoding))
    other = encoding;
  if (other) {
    Converter convert(*other, path);
    if (text_.size() > kLargestConverted)
      throw Error("{} has {} bytes in {}, which is too large to be converted. Save it as UTF-8.", path.string(),
                  text_.size(), printable(*other));
    converted_ = convert(text_);
    file_.reset();
    text_ = converted_;
  }
  if (text_.starts_with(kUtf8Mark)) text_.remove_prefix(kUtf8Mark.size());
}

}  // namespace vits::formats
