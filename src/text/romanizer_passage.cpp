#include "romanizer_passage.h"

#include <algorithm>

#include "romanizer_text.h"

namespace vits::text::romanization {

Passage::Passage(const Tables& tables, std::u32string_view text, std::string_view language)
    : tables_(tables),
      text_(text),
      language_(language),
      lattice_(text.size()),
      starts_word_(text.size() + 1),
      ends_word_(text.size() + 1),
      targets_(text.size() + 1) {}

bool Passage::starts_word(int position) {
  auto& known = starts_word_[position];
  if (!known) known = !find_letter_before(position);
  return *known;
}

bool Passage::find_letter_before(int position) const {
  if (character(position - 1).is(kAlphabetic)) return true;
  const bool before_braille = is_braille(at(position));
  return std::ranges::any_of(lattice_.ending_at(position), [&](const Edge* edge) {
    return !edge->text.empty()
           && (tables_.character(last_character(edge->text)).is(kAlphabetic)
               || (before_braille && edge->text.back() == '\''));
  });
}

bool Passage::ends_word(int position) {
  auto& known = ends_word_[position];
  if (!known) known = !find_letter_after(position);
  return *known;
}

// Also signs that are no letters but are written as some.
bool Passage::find_letter_after(int position) const {
  if (character(position).is(kAlphabetic)) return true;
  while (position + 1 < size() && character(position).is(kNonspacing) && character(position).is(kNukta)) ++position;
  Tables::Walk walk(tables_);
  for (int end = position; end < size() && walk.step(text_[end]); ++end)
    for (const Rule& rule : walk.rules())
      if (!rule.conditions->only_at_start && has_letter(tables_, rule.target)) return true;
  return false;
}

bool Passage::fits(const Rule& rule, int start, int end) {
  const Conditions& conditions = *rule.conditions;
  if (conditions.not_at_start && starts_word(start)) return false;
  if (conditions.only_at_start && !starts_word(start)) return false;
  if (conditions.not_at_end && ends_word(end)) return false;
  if (conditions.only_at_end && !ends_word(end)) return false;
  if (conditions.only_whole && !(starts_word(start) && ends_word(end))) return false;
  return conditions.languages.empty()
         || std::ranges::find(conditions.languages, language_) != conditions.languages.end();
}

const std::string_view* Passage::remembered(int start, int end) const {
  for (const auto& [known_end, target] : targets_[start])
    if (known_end == end) return &target;
  return nullptr;
}

const Rule* Passage::best_rule(int start, int end) {
  const Rule* best = nullptr;
  for (const Rule& rule : tables_.rules(part(start, end)))
    if (fits(rule, start, end) && (!best || rule.conditions->restrictions > best->conditions->restrictions))
      best = &rule;
  return best;
}

std::optional<std::string_view> Passage::target(int start, int end) {
  if (start < 0 || end > size()) return std::nullopt;
  if (const auto* known = remembered(start, end)) return *known;
  const Rule* rule = best_rule(start, end);
  if (!rule) return std::nullopt;
  const auto& coda = rule->conditions->coda;
  const std::string_view target = coda && ends_syllable(end) ? *coda : rule->target;
  targets_[start].emplace_back(end, target);
  return target;
}

// Asked while looking for the end of a syllable, which must not ask for itself; but what is known is taken as it is.
std::optional<std::string_view> Passage::target_regardless_of_syllable(int start, int end) {
  if (start < 0 || end > size()) return std::nullopt;
  if (const auto* known = remembered(start, end)) return *known;
  const Rule* rule = best_rule(start, end);
  return rule ? std::optional(rule->target) : std::nullopt;
}

std::optional<std::string_view> Passage::first_target(std::u32string_view text) const {
  const auto rules = tables_.rules(text);
  return rules.empty() ? std::nullopt : std::optional(rules.front().target);
}

// For scripts like Thai, where only spelling and the neighbours tell: does the consonant before `position` close its
// syllable?
bool Passage::ends_syllable(int position) {
  const int next = position + (character(position).is(kToneMark) ? 1 : 0);
  if (position < 2) return false;
  const Character& before = character(position - 2);
  if (!before.is(kLetterOrMark) || before.is(kVowelBeforeConsonant)) return false;
  if (character(next).is(kVowelBeforeConsonant)) return true;
  if (!character(next).is(kLetterOrMark)) return true;
  const Edge* left = lattice_.best_until(position - 1);
  if (left && !left->text.empty() && is_one_of(left->text.back(), "bcdfghjklmnpqrstvxz")) return false;

  const auto starts_with_vowel = [](std::optional<std::string_view> target) {
    return target && !target->empty() && is_one_of(ascii_lower(target->front()), kVowels);
  };
  const auto of_two = target_regardless_of_syllable(next, next + 2);
  const auto of_one = target_regardless_of_syllable(next, next + 1);
  if (!starts_with_vowel(of_two ? of_two : of_one)) return true;
  // This letter carries a vowel, or is a consonant when a vowel follows it.
  return at(next) == kThaiOAng && next + 1 < size()
         && starts_with_vowel(target_regardless_of_syllable(next + 1, next + 2));
}

}  // namespace vits::text::romanization
