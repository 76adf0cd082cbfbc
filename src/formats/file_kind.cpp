#include "vits/formats/file_kind.h"

#include <cstdint>
#include <cstring>
#include <string>

#include "printable.h"
#include "vits/base/error.h"
#include "vits/base/mapped_file.h"
#include "vits/formats/zip.h"

namespace vits::formats {

namespace {

constexpr size_t kLookedAt = 64 << 10;
constexpr uint64_t kLargestSafetensorsHeader = 100ull << 20;

// A zip that cannot be read counts as torch_zip: its reader then says what is wrong with it.
FileKind kind_of_zip(const std::filesystem::path& path) {
  try {
    const ZipReader zip(path);
    const std::string folder = zip.first_name().substr(0, zip.first_name().find('/') + 1);
    if (zip.has(folder + "constants.pkl")) return FileKind::torchscript;
    return zip.has(folder + "data.pkl") ? FileKind::torch_zip : FileKind::unknown;
  } catch (const Error&) {
    return FileKind::torch_zip;
  }
}

// The first pickle of the old form is this number alone: PROTO, LONG1 of ten bytes, STOP.
bool is_torch_legacy(std::string_view head) {
  constexpr std::string_view kMagic("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);
  return head.size() >= 14 && head[0] == '\x80' && head.substr(2, 12) == kMagic;
}

bool is_safetensors(std::string_view head) {
  uint64_t header_bytes = 0;
  if (head.size() < 9 || head[8] != '{') return false;
  std::memcpy(&header_bytes, head.data(), sizeof header_bytes);
  return header_bytes >= 2 && header_bytes <= kLargestSafetensorsHeader;
}

bool is_text(std::string_view head, bool whole) {
  for (int cut = 0; cut < 4 && cut <= static_cast<int>(head.size()); ++cut) {  // the look may end within a letter
    if (is_utf8(head.substr(0, head.size() - cut))) return head.find('\0') == std::string_view::npos;
    if (whole) return false;
  }
  return false;
}

}  // namespace

FileKind file_kind(const std::filesystem::path& path) {
  const base::MappedFile file(path);
  const std::string_view all(file.bytes().data(), file.bytes().size()), head = all.substr(0, kLookedAt);
  if (head.starts_with("PK\x03\x04")) return kind_of_zip(path);
  if (is_torch_legacy(head)) return FileKind::torch_legacy;
  if (is_safetensors(head)) return FileKind::safetensors;
  if (head.empty() || !is_text(head, head.size() == all.size())) return FileKind::unknown;
  const size_t first = head.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  const bool json = first != std::string_view::npos && (head[first] == '{' || head[first] == '[');
  return json ? FileKind::json : FileKind::text;
}

std::string_view name_of(FileKind kind) {
  switch (kind) {
    case FileKind::safetensors:
      return "safetensors file";
    case FileKind::torch_zip:
      return "PyTorch file";
    case FileKind::torch_legacy:
      return "PyTorch file of the form before 1.6";
    case FileKind::torchscript:
      return "TorchScript archive";
    case FileKind::json:
      return "JSON file";
    case FileKind::text:
      return "text file";
    case FileKind::unknown:
      break;
  }
  return "file of unknown kind";
}

}  // namespace vits::formats
