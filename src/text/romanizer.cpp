#include "vits/text/romanizer.h"

#include <algorithm>
#include <string>
#include <vector>

#include "romanizer_abugida.h"
#include "romanizer_braille.h"
#include "romanizer_context.h"
#include "romanizer_data.h"
#include "romanizer_hangul.h"
#include "romanizer_numbers.h"
#include "romanizer_passage.h"
#include "romanizer_text.h"

namespace vits::text {
namespace romanization {
namespace {

std::string romanize(const Tables& tables, std::u32string_view text, std::string_view language);

// A sign like a nasal dot closes the syllable before it; the rules say so with a plus: "+m".
bool is_tail(std::string_view target) { return target.size() >= 2 && target[0] == '+' && is_one_of(target[1], "mnhr"); }

// A character that is made of others, such as a ligature or a fraction, as they are written.
std::string decomposed(Passage& passage, int position) {
  const std::u32string_view parts = passage.tables().decomposition(passage.at(position));
  if (parts.empty()) return {};
  std::string text = romanize(passage.tables(), parts, passage.language());
  if (text.empty() || !passage.character(position).is(kNumeric)) return text;
  constexpr std::string_view kFractionSlash = "⁄";
  for (size_t found; (found = text.find(kFractionSlash)) != std::string::npos;)
    text.replace(found, kFractionSlash.size(), "/");
  if (passage.character(position - 1).is(kNumeric)) text.insert(0, " ");
  if (passage.character(position + 1).is(kNumeric)) text += ' ';
  return text;
}

void add_by_rules(Passage& passage) {
  const TibetanMarks tibetan = mark_tibetan_syllables(passage);
  const std::vector<bool> capitals = braille_capitals(passage);
  for (int start = 0; start < passage.size(); ++start) {
    Tables::Walk walk(passage.tables());
    for (int end = start + 1; end <= passage.size() && walk.step(passage.at(end - 1)); ++end) {
      if (walk.rules().empty()) continue;
      const auto target = passage.target(start, end);
      if (!target) continue;
      std::string text(*target);
      if (end == start + 1 && capitals[start]) std::ranges::transform(text, text.begin(), ascii_upper);
      const bool tail = is_tail(text);
      if (tail) text.erase(0, 1);
      text = with_default_vowel(passage, tibetan, text, start, end, tail);
      passage.lattice().add(in_context(passage, std::move(text), start, end));
    }
    if (std::string text = romanized_hangul(passage.at(start)); !text.empty())
      passage.lattice().add({.start = start, .end = start + 1, .text = std::move(text)});
    if (std::string text = decomposed(passage, start); !text.empty())
      passage.lattice().add({start, start + 1, std::move(text), Edge::Kind::kDecomposed, {}});
  }
}

// What nothing else reads stays as it is, or vanishes when it only marks or formats.
void add_what_is_left(Passage& passage) {
  for (int position = 0; position < passage.size(); ++position) {
    if (passage.lattice().best_in_span(position, position + 1)) continue;
    const Character& character = passage.character(position);
    Edge edge{position, position + 1, encode_utf8(passage.part(position, position + 1)), Edge::Kind::kOther, {}};
    if (character.is(kNonspacing) || character.is(kFormatOrPrivate)) {
      edge.text.clear();
    } else if (const auto target =
                   passage.at(position) == ' ' ? std::nullopt : passage.target(position, position + 1)) {
      edge.text = target->substr(is_tail(*target) ? 1 : 0);
      edge.kind = Edge::Kind::kRomanized;
    }
    passage.lattice().add(std::move(edge));
  }
}

std::string romanize(const Tables& tables, std::u32string_view text, std::string_view language) {
  Passage passage(tables, text, language);
  add_by_rules(passage);
  add_numbers(passage);
  add_braille_numbers(passage);
  add_what_is_left(passage);
  return passage.lattice().best_path();
}

const Tables& shared_tables() {
  static const Tables tables(embedded_data());
  return tables;
}

}  // namespace
}  // namespace romanization

Romanizer::Romanizer() : tables_(romanization::shared_tables()) {}

std::string Romanizer::romanize(std::string_view utf8, std::string_view language_code) const {
  return romanization::romanize(tables_, decode_utf8(utf8), language_code);
}

std::string_view Romanizer::version() {
  const std::string_view line = romanization::embedded_data().version;
  return line.substr(0, line.find('\n'));
}

}  // namespace vits::text
