#include "vits/text/sentences.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "unicode.h"
#include "vits/base/error.h"
#include "vits/text/utf8.h"

namespace vits::text {
namespace {

// Code points and where each begins, so that the pieces are cut from the bytes as they came, broken ones too.
struct Characters {
  std::u32string text;
  std::vector<size_t> byte_at;  // one more than there are characters

  explicit Characters(std::string_view utf8) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(utf8.data());
    const auto count = static_cast<int64_t>(utf8.size());
    for (int64_t position = 0; position < count;) {
      byte_at.push_back(static_cast<size_t>(position));
      UChar32 character = 0;
      U8_NEXT_OR_FFFD(bytes, position, count, character);
      text += static_cast<char32_t>(character);
    }
    byte_at.push_back(utf8.size());
  }
};

struct Cut {
  size_t begin = 0, end = 0;  // of the piece; blanks at its end belong to it
  Pause pause = Pause::kNone;
};

bool is_line_end(char32_t character) {
  return (character >= 0x0A && character <= 0x0D) || character == 0x85 || character == 0x2028 || character == 0x2029;
}

bool is_full_stop(char32_t character) { return character == U'.' || character == U'\u2024' || character == U'…'; }

bool ends_sentences(char32_t character) {
  switch (character) {
    case U'…':
    case 0x037E:
    case 0x0F0D:
    case 0x0F0E:  // ellipsis, Greek question mark, Tibetan shads
      return true;
    default:
      return u_hasBinaryProperty(static_cast<UChar32>(character), UCHAR_S_TERM);
  }
}

// Scripts that put a blank behind a sentence need it to be told from "example.org" and "3.14"; the others have none.
bool needs_blank_behind(char32_t character) { return character < 0x80 || is_full_stop(character); }

bool closes(char32_t character) {
  const auto mask = U_GET_GC_MASK(static_cast<UChar32>(character));
  return (mask & (U_GC_PE_MASK | U_GC_PF_MASK)) || character == U'"' || character == U'\'' || character == U'”'
         || character == U'“' || character == U'»' || character == U'«' || character == U'＂' || character == U'＇';
}

bool is_alphabetic(char32_t character) { return u_isalpha(static_cast<UChar32>(character)); }
bool is_decimal(char32_t character) { return u_isdigit(static_cast<UChar32>(character)); }

bool is_abbreviation(std::u32string_view word) {
  static constexpr std::array<std::u32string_view, 29> kAbbreviations{
      U"mr",  U"mrs",  U"ms",   U"dr",  U"prof", U"st", U"jr",  U"sr",  U"vs",  U"fig",
      U"vol", U"ch",   U"pp",   U"gen", U"col",  U"lt", U"sgt", U"rev", U"hon", U"inc",
      U"ltd", U"corp", U"dept", U"bzw", U"ca",   U"nr", U"abb", U"sra", U"mme"};
  std::u32string lowered;
  for (const char32_t character : word) lowered += lower_case(character);
  return std::find(kAbbreviations.begin(), kAbbreviations.end(), lowered) != kAbbreviations.end();
}

class Splitter {
 public:
  Splitter(std::u32string_view text, int64_t max_characters)
      : text_(text), most_(static_cast<size_t>(max_characters)) {}

  std::vector<Cut> cuts() {
    for (size_t position = 0; position < text_.size();) {
      if (is_line_end(text_[position])) {
        position = end_piece(position, Pause::kParagraph);
      } else if (ends_sentences(text_[position])) {
        const Marks marks = marks_at(position);
        position = is_sentence_end(marks) ? end_piece(marks.end, Pause::kSentence) : marks.end;
      } else {
        ++position;
      }
    }
    if (begin_ < text_.size()) end_piece(text_.size(), Pause::kNone);
    if (!cuts_.empty()) cuts_.back().pause = Pause::kNone;
    return std::move(cuts_);
  }

 private:
  struct Marks {
    size_t begin = 0, end = 0;  // closing quotes and brackets included
    size_t count = 0;           // without them
    bool only_full_stops = true;
    bool need_blank = false;
  };

  Marks marks_at(size_t position) const {
    Marks marks{position, position};
    for (; marks.end < text_.size() && ends_sentences(text_[marks.end]); ++marks.end) {
      marks.only_full_stops = marks.only_full_stops && is_full_stop(text_[marks.end]);
      marks.need_blank = needs_blank_behind(text_[marks.end]);
      ++marks.count;
    }
    while (marks.end < text_.size() && closes(text_[marks.end])) ++marks.end;
    return marks;
  }

  bool is_sentence_end(const Marks& marks) const {
    if (marks.end == text_.size()) return true;
    if (marks.need_blank && !is_space(text_[marks.end])) return false;
    if (!marks.only_full_stops) return true;
    size_t next = marks.end;
    while (next < text_.size() && is_space(text_[next])) ++next;
    if (next < text_.size() && u_islower(static_cast<UChar32>(text_[next]))) return false;
    return marks.count > 1 || text_[marks.begin] == U'…' || !follows_short_form(marks.begin);
  }

  // Whether the full stop at `position` belongs to an initial, an abbreviation or the number of a list's item.
  bool follows_short_form(size_t position) const {
    size_t begin = position;
    while (begin > begin_ && !is_space(text_[begin - 1])) --begin;
    std::u32string_view word = text_.substr(begin, position - begin);
    while (!word.empty() && !is_alphabetic(word.front()) && !is_decimal(word.front())) word.remove_prefix(1);
    if (word.empty()) return false;
    const bool is_number = std::all_of(word.begin(), word.end(), is_decimal);
    if (is_number) return trim(text_.substr(begin_, begin - begin_)).empty();
    // "J.", "e.g.", "z.B.": what stands before the full stop is one letter, alone or after another full stop.
    const size_t stop = word.find_last_of(U".-");
    const std::u32string_view last = stop == std::u32string_view::npos ? word : word.substr(stop + 1);
    const auto letters = std::count_if(last.begin(), last.end(), is_alphabetic);
    // One letter is a whole word in scripts without capitals.
    const bool has_case = u_isupper(static_cast<UChar32>(last.empty() ? 0 : last.front()));
    if (letters == 1 && (has_case || stop != std::u32string_view::npos)) return true;
    return is_abbreviation(word);
  }

  // Ends the piece at `end` with the blanks that follow and returns where to read on.
  size_t end_piece(size_t end, Pause pause) {
    const size_t words_end = end;
    for (; end < text_.size() && is_space(text_[end]); ++end)
      if (is_line_end(text_[end])) pause = Pause::kParagraph;
    const auto piece = text_.substr(begin_, end - begin_);
    const bool is_silent = std::none_of(piece.begin(), piece.end(), [](char32_t character) {
      return is_alphabetic(character) || is_decimal(character);
    });
    if (is_silent && cuts_.empty() && end < text_.size()) return end;  // part of the first piece that has words
    if (is_silent && !cuts_.empty() && end - cuts_.back().begin <= most_) {
      cuts_.back().end = end;
      cuts_.back().pause = std::max(cuts_.back().pause, pause);
    } else {
      cut_to_size(words_end);
      if (begin_ < end)
        cuts_.push_back({begin_, end, pause});
      else
        cuts_.back().pause = pause;
    }
    return begin_ = end;
  }

  // Makes pieces of what is too long before `end`, until the rest, which then begins at begin_, is short enough.
  void cut_to_size(size_t end) {
    while (end > begin_) {
      const size_t words_begin = skip_blanks(begin_);
      if (words_begin + most_ >= end) return;
      cuts_.push_back(first_cut(words_begin));
      begin_ = cuts_.back().end;
    }
  }

  size_t skip_blanks(size_t position) const {
    while (position < text_.size() && is_space(text_[position])) ++position;
    return position;
  }

  // `words_begin`: begin_ without the blanks there. More than most_ characters follow.
  Cut first_cut(size_t words_begin) const {
    const size_t limit = words_begin + most_;
    for (size_t end = limit; end > words_begin + most_ / 2; --end)
      if (ends_clause(end - 1)) return {begin_, skip_blanks(end), Pause::kClause};
    for (size_t end = limit; end > words_begin; --end)
      if (is_space(text_[end])) return {begin_, skip_blanks(end), Pause::kNone};
    size_t end = limit;
    while (end > words_begin && is_combining(text_[end])) --end;
    return {begin_, end > words_begin ? end : limit, Pause::kNone};
  }

  bool ends_clause(size_t position) const {
    static constexpr std::u32string_view kWithBlank = U",;:)–—-،؛·", kAlways = U"、，；：︐︑";
    const char32_t character = text_[position];
    if (kAlways.find(character) != std::u32string_view::npos) return true;
    if (kWithBlank.find(character) == std::u32string_view::npos) return false;
    return position + 1 < text_.size() && is_space(text_[position + 1]);
  }

  std::u32string_view text_;
  size_t most_ = 0;
  size_t begin_ = 0;  // of the piece that is being read
  std::vector<Cut> cuts_;
};

}  // namespace

std::vector<Piece> split_sentences(std::string_view utf8, int64_t max_characters) {
  if (max_characters < 1) throw Error("a piece of text has at least 1 character, not {}.", max_characters);
  const Characters characters(utf8);
  std::vector<Piece> pieces;
  for (const Cut& cut : Splitter(characters.text, max_characters).cuts()) {
    const size_t begin = characters.byte_at[cut.begin], end = characters.byte_at[cut.end];
    pieces.push_back({std::string(utf8.substr(begin, end - begin)), cut.pause});
  }
  return pieces;
}

}  // namespace vits::text
