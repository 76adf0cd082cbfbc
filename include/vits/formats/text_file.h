// Text files as people have them: with a byte order mark, in UTF-16, in some old code page.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "vits/base/mapped_file.h"
#include "vits/formats/utf8.h"

namespace vits::formats {

// A text file as UTF-8. What is UTF-8 already is mapped, not copied.
class TextFile {
 public:
  // `encoding` "auto" knows UTF-8 and UTF-16 (by mark or by their zeros); any other word is one that iconv knows
  // ("windows-1252"). Bytes that are not UTF-8 stay under "auto" and what another encoding does not know becomes the
  // byte FF, so that a reader can name their row. Throws Error when there is no such file or encoding.
  explicit TextFile(const std::filesystem::path& path, const std::string& encoding = "auto");

  std::string_view text() const { return text_; }  // without the byte order mark
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::unique_ptr<base::MappedFile> file_;
  std::string converted_;
  std::string_view text_;
};

}  // namespace vits::formats
