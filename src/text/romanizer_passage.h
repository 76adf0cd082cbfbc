// One text on its way to Latin letters: its characters, the readings found so far, and which rules fit where.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "romanizer_lattice.h"
#include "romanizer_tables.h"

namespace vits::text::romanization {

class Passage {
 public:
  Passage(const Tables& tables, std::u32string_view text, std::string_view language);

  int size() const { return static_cast<int>(text_.size()); }
  // Any position may be asked; outside the text stands kNoCharacter, which belongs to no script and has no trait.
  char32_t at(int position) const { return position >= 0 && position < size() ? text_[position] : kNoCharacter; }
  const Character& character(int position) const { return tables_.character(at(position)); }
  std::u32string_view part(int start, int end) const { return text_.substr(start, end - start); }
  const Tables& tables() const { return tables_; }
  std::string_view language() const { return language_; }
  Lattice& lattice() { return lattice_; }

  // What was found out once is kept, although readings that are added later could change it: the answer that counts is
  // the one from when the question first came up.
  bool starts_word(int position);
  bool ends_word(int position);

  // How the rules write this part here, without regard to what the neighbours do to it; nothing when no rule fits.
  std::optional<std::string_view> target(int start, int end);
  // The target of the first rule for this text, whatever its conditions; nothing when there is none.
  std::optional<std::string_view> first_target(std::u32string_view text) const;

 private:
  bool fits(const Rule& rule, int start, int end);
  bool find_letter_before(int position) const;
  bool find_letter_after(int position) const;
  const std::string_view* remembered(int start, int end) const;
  const Rule* best_rule(int start, int end);
  std::optional<std::string_view> target_regardless_of_syllable(int start, int end);
  bool ends_syllable(int position);

  const Tables& tables_;
  std::u32string_view text_;
  std::string_view language_;
  Lattice lattice_;
  std::vector<std::optional<bool>> starts_word_, ends_word_;            // by position
  std::vector<std::vector<std::pair<int, std::string_view>>> targets_;  // by start: end and target
};

}  // namespace vits::text::romanization
