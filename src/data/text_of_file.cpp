#include "text_of_file.h"

#include <fmt/format.h>

#include "vits/base/error.h"
#include "vits/formats/text_file.h"

namespace vits::data {

namespace {

constexpr size_t kMostBytes = 1 << 20;

}  // namespace

TextOfFile text_of_file(const std::filesystem::path& path, const std::string& encoding) {
  TextOfFile result;
  try {
    const formats::TextFile file(path, encoding);
    const std::string_view text = file.text();
    if (text.size() > kMostBytes) {
      result.defect = fmt::format("a text of {} bytes is none of a clip", text.size());
    } else if (const size_t good = formats::utf8_prefix(text); good < text.size()) {
      result.defect = fmt::format("byte {} is not UTF-8: {:02X}; --encoding names what the text is in", good + 1,
                                  static_cast<unsigned char>(text[good]));
    } else if (text.find('\0') != std::string_view::npos) {
      result.defect = "the text holds a NUL byte";
    } else {
      for (const char c : text) result.text += c == '\n' || c == '\r' ? ' ' : c;
    }
  } catch (const Error& error) {
    result.defect = error.what();
  }
  return result;
}

}  // namespace vits::data
