#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>

#include "romanizer_abugida.h"
#include "romanizer_text.h"

namespace vits::text::romanization {
namespace {

constexpr char32_t kSubjoinedA = 0x0FB0, kLetterA = 0x0F60;  // both are written as an apostrophe
constexpr double kNever = std::numeric_limits<double>::infinity();

// What may stand before and after the vowel of a syllable, as far as it is frequent.
constexpr auto kBeginnings = std::to_array<std::string_view>(
    {"bd", "br",  "brg", "brgy", "bs",  "bsh", "bst",  "bt", "bts", "by",  "bz",  "bzh", "ch",  "db",  "dby", "dk",
     "dm", "dp",  "dpy", "dr",   "gl",  "gn",  "gr",   "gs", "gt",  "gy",  "gzh", "kh",  "khr", "khy", "kr",  "ky",
     "ld", "lh",  "lt",  "mkh",  "mny", "mth", "mtsh", "ny", "ph",  "phr", "phy", "rgy", "rk",  "el",  "rn",  "rny",
     "rt", "rts", "sk",  "skr",  "sky", "sl",  "sm",   "sn", "sny", "sp",  "spy", "sr",  "st",  "th",  "ts",  "tsh"});
constexpr auto kEndings = std::to_array<std::string_view>(
    {"",   "bh", "bs", "ch", "cs",  "dd", "ddh", "dh", "dz", "dzh", "gh", "gr", "gs",  "kh", "khs", "kss", "n",
     "nn", "nt", "ms", "ng", "ngs", "ns", "ph",  "rm", "sh", "ss",  "th", "ts", "tsh", "tt", "tth", "zh",  "zhs"});

bool is_beginning(std::string_view text) {
  const auto is_known = [](std::string_view part) {
    return decode_utf8(part).size() == 1 || std::ranges::find(kBeginnings, part) != kBeginnings.end();
  };
  return is_known(text) || (text.starts_with('\'') && is_known(text.substr(1)));
}

bool is_ending(std::string_view text) {
  if (text.ends_with('\'')) text.remove_suffix(1);
  return std::ranges::find(kEndings, text) != kEndings.end()
         || (text.size() == 1 && text != "y" && is_one_of(text[0], kConsonants));
}

// "ka" -> "k", where the a is the vowel that the letter carries.
std::string without_carried_vowel(std::string text) {
  if (text.ends_with('a') && text.find_first_of(kConsonants) < text.size() - 1) text.pop_back();
  return text;
}

class TibetanSyllable {
 public:
  TibetanSyllable(Passage& passage, int start, int end)
      : passage_(passage), start_(start), end_(end), vowel_(end - start), subjoined_(end - start) {}

  void mark(TibetanMarks& marks);

 private:
  void read_letter(int index, TibetanMarks& marks);
  double cost_of_vowel_after(int index) const;
  std::string written(int first, int last) const;
  int size() const { return end_ - start_; }

  Passage& passage_;
  int start_, end_;
  std::vector<std::optional<bool>> vowel_;  // by letter, as below: does a vowel follow? Nothing: open
  std::vector<bool> subjoined_;
  std::vector<std::string> written_;
  bool has_vowel_ = false;
};

void TibetanSyllable::read_letter(int index, TibetanMarks& marks) {
  const int position = start_ + index;
  const Character& letter = passage_.character(position);
  std::string written(passage_.target(position, position + 1).value_or("?"));
  if (letter.is(kVowelSign) || consists_of(written, kVowels)) {
    vowel_[index] = true;
    has_vowel_ = true;
    if (index == 1 && written_[0] == "'") marks.silent[start_] = true;
  } else if (letter.is(kSubjoinedLetter)) {
    subjoined_[index] = true;
    if (index > 0) {
      const bool lengthens = passage_.at(position) == kSubjoinedA;
      vowel_[index - 1] = lengthens;
      has_vowel_ |= lengthens;
    }
    written = without_carried_vowel(written);
  } else if (passage_.at(position) == kLetterA) {
    vowel_[index] = false;
    if (index > 0) {
      vowel_[index - 1] = true;
      has_vowel_ = true;
      if (index == size() - 1) marks.silent[position] = true;
    }
    const bool after_consonant = index > 0 && kVowels.find(written_.back()) == std::string_view::npos;
    written = after_consonant ? "a'" : "'";
  } else {
    written = without_carried_vowel(written);
  }
  written_.push_back(written);
}

std::string TibetanSyllable::written(int first, int last) const {
  std::string text;
  for (int index = first; index < last; ++index) text += written_[index];
  return text;
}

double TibetanSyllable::cost_of_vowel_after(int index) const {
  if (vowel_[index]) return *vowel_[index] ? kNever : 20;
  if (size() == 1) return 0;
  if (size() == 2) return start_ + index == 0 ? 0 : 0.1;  // position in the text, not the syllable: so does uroman
  const std::string before = written(0, index + 1), after = written(index + 1, size());
  const auto length = static_cast<double>(decode_utf8(before).size());
  const bool all_subjoined =
      index + 2 >= size() || std::all_of(subjoined_.begin() + index + 2, subjoined_.end(), [](bool is) { return is; });
  if (is_ending(after)) return is_beginning(before) ? length * 0.1 : length;
  if (!all_subjoined) return kNever;
  return length * (is_beginning(before) ? 0.3 : 0.5);
}

void TibetanSyllable::mark(TibetanMarks& marks) {
  for (int index = 0; index < size(); ++index) read_letter(index, marks);
  if (!has_vowel_) {
    double least = kNever;
    int best = -1;
    for (int index = 0; index < size(); ++index) {
      const double cost = cost_of_vowel_after(index);
      if (cost >= least) continue;
      least = cost;
      best = index;
    }
    if (best >= 0 && !vowel_[best]) vowel_[best] = true;
  }
  for (int index = 0; index < size(); ++index) marks.vowel[start_ + index] = vowel_[index].value_or(false);
}

}  // namespace

TibetanMarks mark_tibetan_syllables(Passage& passage) {
  TibetanMarks marks{std::vector<bool>(passage.size()), std::vector<bool>(passage.size())};
  const auto is_letter = [&](int position) {
    const Character& character = passage.character(position);
    return character.script == "Tibetan" && (character.is(kTibetanLetter) || character.is(kVowelSign));
  };
  for (int start = 0; start < passage.size();) {
    int end = start;
    while (is_letter(end)) ++end;
    if (end > start) TibetanSyllable(passage, start, end).mark(marks);
    start = end + 1;
  }
  return marks;
}

}  // namespace vits::text::romanization
