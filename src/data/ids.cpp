#include "vits/data/ids.h"

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <unordered_set>

#include "hash.h"
#include "vits/base/error.h"
#include "vits/text/utf8.h"

namespace vits::data {

namespace {

uint32_t hash_of(std::string_view bytes) {  // both halves of the checksum
  const uint64_t hash = checksum(bytes);
  return static_cast<uint32_t>(hash ^ (hash >> 32));
}

// `id` with "-hash" behind it, cut before a character so that both fit.
std::string with_hash(std::string_view id, uint32_t hash) {
  const std::string suffix = fmt::format("-{:08x}", hash);
  size_t length = std::min(id.size(), kLongestIdBytes - suffix.size());
  while (length > 0 && length < id.size() && (id[length] & 0xC0) == 0x80) --length;
  return std::string(id.substr(0, length)) + suffix;
}

bool can_stand_in_a_name(char32_t c) {
  if (c < 0x80)
    return c >= 0x20 && c != 0x7F && std::string_view("<>:\"|?*").find(static_cast<char>(c)) == std::string::npos;
  // Marks that turn the direction of writing make one name look like another; joiners (U+200C, U+200D) are spelling.
  const bool turns_direction = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  constexpr uint32_t kNoLetters = U_GC_CC_MASK | U_GC_CN_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK | U_GC_CS_MASK;
  return !turns_direction && c != 0xFFFD && !(U_GET_GC_MASK(static_cast<UChar32>(c)) & kNoLetters);
}

// One folder of a path; empty for "." and "..".
std::string safe_part(std::string_view part) {
  if (part.find_first_not_of('.') == std::string_view::npos) return "";
  std::string safe;
  for (const char32_t c : text::decode_utf8(part)) {
    if (c == '.' && safe.ends_with('.')) continue;
    text::append_utf8(safe, can_stand_in_a_name(c) ? c : U'_');
  }
  safe.erase(safe.find_last_not_of(". ") + 1);  // Windows drops them
  safe.erase(0, safe.find_first_not_of(' '));
  return safe;
}

bool is_device_of_windows(std::string_view id) {
  std::string name(id.substr(0, id.find('.')));
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (name.size() == 4 && (name.starts_with("com") || name.starts_with("lpt"))) return name[3] >= '0' && name[3] <= '9';
  return name == "con" || name == "prn" || name == "aux" || name == "nul";
}

// What two ids have in common that some file system takes for one name.
std::string name_key(const std::string& id) {
  std::string key;
  if (std::all_of(id.begin(), id.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    for (const char c : id) key += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return key;
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* fold = icu::Normalizer2::getNFKCCasefoldInstance(status);
  if (U_FAILURE(status)) throw Error("ICU's table of letters cannot be read: {}.", u_errorName(status));
  icu::StringByteSink<std::string> sink(&key);
  fold->normalizeUTF8(0, id, sink, nullptr, status);
  return U_FAILURE(status) ? id : key;
}

std::string identity_of(const Clip& clip) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", clip.audio.file.generic_string(), clip.audio.table ? clip.audio.row : -1,
                     clip.begin_seconds, clip.end_seconds, clip.text);
}

}  // namespace

std::string safe_id(std::string_view id) {
  std::string safe;
  for (size_t begin = 0; begin <= id.size();) {
    const size_t end = std::min(id.find_first_of("/\\", begin), id.size());
    const std::string part = safe_part(id.substr(begin, end - begin));
    if (!part.empty()) safe += (safe.empty() ? "" : "_") + part;
    begin = end + 1;
  }
  if (safe.empty()) safe = "clip";
  if (safe.starts_with('.') || is_device_of_windows(safe)) safe.insert(0, "_");
  return safe.size() <= kLongestIdBytes ? safe : with_hash(safe, hash_of(id));
}

void make_ids_safe(std::vector<Clip>& clips) {
  std::unordered_set<std::string> taken;
  taken.reserve(clips.size());
  std::vector<Clip*> later;
  // All that keep their ids come first, so that no suffix takes another clip's id.
  for (Clip& clip : clips) {
    clip.id = safe_id(clip.id);
    if (!taken.insert(name_key(clip.id)).second) later.push_back(&clip);
  }
  for (Clip* clip : later) {
    const std::string id = clip->id, identity = identity_of(*clip);
    for (int same = 0; same == 0 || !taken.insert(name_key(clip->id)).second; ++same)
      clip->id = with_hash(id, hash_of(fmt::format("{}\n{}", identity, same)));
  }
}

}  // namespace vits::data
