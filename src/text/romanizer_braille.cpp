#include "romanizer_braille.h"

#include <string>
#include <string_view>

namespace vits::text::romanization {
namespace {

constexpr char32_t kCapitalSign = 0x2820, kBlankCell = 0x2800, kNumberSign = 0x283C;
constexpr std::u32string_view kNumberCharacters =
    U"\u281A\u2801\u2803\u2809\u2819\u2811\u280B\u281B\u2813\u280A\u2832\u2802";
constexpr std::string_view kNumberMeanings = "0123456789.,";

}  // namespace

std::vector<bool> braille_capitals(const Passage& passage) {
  std::vector<bool> capital(passage.size());
  bool inside = false;
  for (int position = 0; position < passage.size(); ++position) {
    if (passage.at(position - 1) == kCapitalSign && passage.at(position) == kCapitalSign)
      inside = true;
    else if (passage.at(position) == kBlankCell)
      inside = false;
    else
      capital[position] = inside;
  }
  return capital;
}

void add_braille_numbers(Passage& passage) {
  constexpr int kNone = -1;
  int start = kNone;
  std::string digits;
  for (int position = 0; position <= passage.size(); ++position) {
    const char32_t character = passage.at(position);
    const size_t meaning = kNumberCharacters.find(character);
    if (character == kNumberSign) {
      if (start == kNone) start = position;
    } else if (start != kNone && meaning != std::u32string_view::npos) {
      digits += kNumberMeanings[meaning];
    } else if (start != kNone && !digits.empty()) {
      passage.lattice().add({.start = start, .end = position, .text = digits});
      start = kNone;
      digits.clear();
    }
  }
}

}  // namespace vits::text::romanization
