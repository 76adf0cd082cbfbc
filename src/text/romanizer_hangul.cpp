#include "romanizer_hangul.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace vits::text::romanization {
namespace {

constexpr char32_t kFirst = 0xAC00, kLast = 0xD7A3;
constexpr std::array<std::string_view, 19> kLeads = {"g",  "gg", "n", "d",  "dd", "r", "m", "b", "bb", "s",
                                                     "ss", "",   "j", "jj", "c",  "k", "t", "p", "h"};
constexpr std::array<std::string_view, 21> kHangulVowels = {"a",   "ae", "ya", "yae", "eo", "e",  "yeo",
                                                            "ye",  "o",  "wa", "wai", "oe", "yo", "u",
                                                            "weo", "we", "wi", "yu",  "eu", "yi", "i"};
constexpr std::array<std::string_view, 28> kTails = {"",   "g",  "gg", "gs", "n",  "nj", "nh", "d", "l",  "lg",
                                                     "lm", "lb", "ls", "lt", "lp", "lh", "m",  "b", "bs", "s",
                                                     "ss", "ng", "j",  "c",  "k",  "t",  "p",  "h"};

}  // namespace

std::string romanized_hangul(char32_t character) {
  if (character < kFirst || character > kLast) return {};
  const size_t index = character - kFirst;
  const size_t tail = index % kTails.size(), body = index / kTails.size();
  std::string syllable(kLeads[body / kHangulVowels.size()]);
  syllable += kHangulVowels[body % kHangulVowels.size()];
  syllable += kTails[tail];
  return syllable;
}

}  // namespace vits::text::romanization
