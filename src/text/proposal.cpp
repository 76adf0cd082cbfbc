#include "vits/text/proposal.h"

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <array>
#include <map>
#include <optional>

#include "unicode.h"
#include "vits/base/error.h"
#include "vits/text/utf8.h"

namespace vits::text {

namespace {

// Letters that stand for one another: by sound in the languages concerned, by look, or by keyboard. The first of a
// group that the voice knows is proposed, so a group's own order does not matter to the reader.
constexpr std::array<std::u32string_view, 24> kAlike{
    U"یيىې", U"کك",  U"ەهہةۀ", U"هھہ", U"اأإآٱ", U"وؤ",  U"ئی", U"iıі", U"şș", U"ţț", U"đð", U"gɡ",
    U"əәǝ",  U"aаɑ", U"eе",    U"oоο", U"pр",    U"cсϲ", U"yу", U"xх",  U"jј", U"hһ", U"sѕ", U"'’ʼ"};

struct Plain {
  std::u32string_view typographic;
  std::array<std::u32string_view, 3> plain;  // in the order of preference
};
// Double quotation marks never become an apostrophe, which is a letter to many voices.
constexpr std::array<Plain, 9> kPunctuation{{{U"’‘ʼʻ‛′`´ʹ", {U"'", U"’", U""}},
                                             {U"“”„‟«»″", {U"\"", U"", U""}},
                                             {U"–—‒―−‑‐", {U"-", U"–", U","}},
                                             {U"…", {U"...", U".", U""}},
                                             {U"،、﹐", {U",", U"،", U""}},
                                             {U"؛;", {U";", U",", U""}},
                                             {U"؟", {U"?", U"؟", U"."}},
                                             {U"。।۔", {U".", U"", U""}},
                                             {U":;!?", {U",", U".", U""}}}};

struct Spelling {
  char32_t letter;
  std::u32string_view spelled;
};
constexpr std::array<Spelling, 12> kSpellings{{{U'ß', U"ss"},
                                               {U'æ', U"ae"},
                                               {U'œ', U"oe"},
                                               {U'ø', U"o"},
                                               {U'ł', U"l"},
                                               {U'đ', U"d"},
                                               {U'ð', U"d"},
                                               {U'þ', U"th"},
                                               {U'ħ', U"h"},
                                               {U'ŧ', U"t"},
                                               {U'ŋ', U"ng"},
                                               {U'ə', U"e"}}};

UChar32 code(char32_t character) { return static_cast<UChar32>(character); }

std::u32string normalized(const icu::Normalizer2* form, std::u32string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString units;
  for (const char32_t character : text) units.append(code(character));
  const icu::UnicodeString result = form->normalize(units, status);
  std::u32string characters;
  for (int32_t at = 0; U_SUCCESS(status) && at < result.length(); at = result.moveIndex32(at, 1))
    characters += static_cast<char32_t>(result.char32At(at));
  return characters;
}

template <class Getter>
std::u32string normalized_by(Getter getter, std::u32string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = getter(status);
  if (U_FAILURE(status)) throw Error("ICU's normalisation tables cannot be loaded: {}", u_errorName(status));
  return normalized(form, text);
}

std::u32string composed(std::u32string_view text) { return normalized_by(icu::Normalizer2::getNFCInstance, text); }
std::u32string canonical_parts(std::u32string_view text) {
  return normalized_by(icu::Normalizer2::getNFDInstance, text);
}
std::u32string compatible(std::u32string_view text) { return normalized_by(icu::Normalizer2::getNFKCInstance, text); }

bool is_letter(char32_t character) { return (U_GET_GC_MASK(code(character)) & U_GC_L_MASK) != 0; }
bool is_digit(char32_t character) { return (U_GET_GC_MASK(code(character)) & U_GC_N_MASK) != 0; }

UScriptCode script_of(char32_t character) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(code(character), &status);
  return U_SUCCESS(status) ? script : USCRIPT_UNKNOWN;
}

class Vocabulary {
 public:
  explicit Vocabulary(const TokenizerSettings& settings) : settings_(settings) {}

  bool knows(char32_t character) const { return settings_.vocab.contains(encode_utf8({&character, 1})); }
  bool knows(std::u32string_view text) const {
    for (const char32_t character : text)
      if (!knows(character)) return false;
    return !text.empty();
  }

  // Of most of its letters.
  UScriptCode script() const {
    std::map<UScriptCode, int> counts;
    UScriptCode most = USCRIPT_UNKNOWN;
    for (const auto& [symbol, id] : settings_.vocab) {
      const auto characters = decode_utf8(symbol);
      if (characters.size() != 1 || !is_letter(characters[0])) continue;
      const UScriptCode script = script_of(characters[0]);
      if (++counts[script] > counts[most]) most = script;
    }
    return most;
  }

 private:
  const TokenizerSettings& settings_;
};

// The letter that a mark in `text` belongs to, as it stands there.
std::optional<char32_t> letter_before(std::u32string_view text, char32_t mark) {
  for (size_t place = text.find(mark); place != std::u32string_view::npos; place = text.find(mark, place + 1)) {
    size_t before = place;
    while (before > 0 && is_combining(text[before - 1])) --before;
    if (before > 0) return text[before - 1];
  }
  return std::nullopt;
}

Proposal made(ProposalKind kind, std::u32string_view instead_of, std::u32string_view replacement, std::string advice) {
  return {kind, encode_utf8(instead_of), encode_utf8(replacement), std::move(advice)};
}

Proposal replaced(ProposalKind kind, std::u32string_view instead_of, std::u32string_view replacement, const char* why) {
  return made(kind, instead_of, replacement,
              fmt::format("Write “{}” instead of “{}”: {}.", encode_utf8(replacement), encode_utf8(instead_of), why));
}

std::optional<Proposal> for_mark(char32_t mark, std::u32string_view text, const Vocabulary& voice) {
  if (!is_combining(mark)) return std::nullopt;
  const auto letter = letter_before(text, mark);
  if (!letter) return std::nullopt;
  if (mark == U'\u200C' || mark == U'\u200D') {
    if (*letter == U'ه' && voice.knows(U'ە'))
      return replaced(ProposalKind::kLookAlike, std::u32string{*letter, mark}, U"ە",
                      "the vowel has a letter of its own");
    return std::nullopt;
  }
  for (const char32_t base : {lower_case(*letter)[0], *letter}) {
    const std::u32string pair{base, mark}, one = composed(pair);
    if (one.size() == 1 && voice.knows(one))
      return made(
          ProposalKind::kCompose, pair, one,
          fmt::format("Write “{}” as one character (NFC): here it is a letter and a mark, and the mark is lost.",
                      encode_utf8(one)));
  }
  return made(ProposalKind::kSilent, std::u32string{*letter, mark}, {},
              "The letter is read without its mark. Leave the mark out, if that is what was said.");
}

std::optional<Proposal> for_alike(char32_t character, const Vocabulary& voice) {
  for (const auto group : kAlike) {
    if (group.find(character) == std::u32string_view::npos) continue;
    for (const char32_t other : group)
      if (other != character && voice.knows(other) && is_letter(character))
        return replaced(ProposalKind::kLookAlike, {&character, 1}, {&other, 1}, "it stands for the same letter");
  }
  return std::nullopt;
}

std::optional<Proposal> for_punctuation(char32_t character, const Vocabulary& voice) {
  const std::u32string_view one{&character, 1};
  if (is_space(character) && character != U' ' && voice.knows(U' '))
    return made(ProposalKind::kPunctuation, one, U" ",
                "Write an ordinary blank: words run into one another without it.");
  for (const Plain& plain : kPunctuation) {
    if (plain.typographic.find(character) == std::u32string_view::npos) continue;
    for (const auto candidate : plain.plain)
      if (candidate != one && voice.knows(candidate))
        return replaced(ProposalKind::kPunctuation, one, candidate, "the voice knows that mark");
  }
  return std::nullopt;
}

std::optional<Proposal> for_letter(char32_t letter, const Vocabulary& voice) {
  const std::u32string_view one{&letter, 1};
  for (const char32_t other : {lower_case(letter)[0], static_cast<char32_t>(u_toupper(code(letter)))})
    if (other != letter && voice.knows(other))
      return replaced(ProposalKind::kCase, one, {&other, 1}, "the voice knows it in that case only");
  if (const auto same = composed(one); same != one && voice.knows(same))
    return replaced(ProposalKind::kCompose, one, same, "it is the same letter under another number (NFC)");
  if (const auto parts = canonical_parts(one); parts.size() > 1 && voice.knows(parts))
    return made(ProposalKind::kDecompose, one, parts,
                "Write the letter and its mark as two characters (NFD), as the voice was trained.");
  if (const auto plain = compatible(one); plain != one && voice.knows(plain))
    return replaced(ProposalKind::kCompatible, one, plain, "it is a form of the same letters for print (NFKC)");
  return for_alike(letter, voice);
}

std::optional<Proposal> for_base_letter(char32_t letter, const Vocabulary& voice) {
  const char32_t small = lower_case(letter)[0];
  for (const Spelling& spelling : kSpellings)
    if (spelling.letter == small && voice.knows(spelling.spelled))
      return replaced(ProposalKind::kBaseLetter, {&letter, 1}, spelling.spelled, "the nearest that the voice knows");
  const auto parts = canonical_parts({&small, 1});
  if (parts.size() > 1 && voice.knows(parts[0]))
    return replaced(ProposalKind::kBaseLetter, {&letter, 1}, {parts.data(), 1},
                    "the nearest that the voice knows, though not the same sound");
  return std::nullopt;
}

}  // namespace

Proposal propose(const Tokenizer& tokenizer, std::string_view character, std::string_view text) {
  const std::u32string characters = decode_utf8(character);
  const Vocabulary voice(tokenizer.settings());
  if (characters.size() != 1)
    return made(ProposalKind::kNone, characters, {}, "Leave it out: it is no character of this voice.");
  const char32_t one = characters[0];
  const std::u32string_view self{&one, 1};
  if (one == U'\uFFFD')
    return made(ProposalKind::kNone, self, {}, "The text was damaged when it was converted. Correct its encoding.");
  if (is_digit(one)) {
    const int32_t value = u_charDigitValue(code(one));
    if (const auto plain = static_cast<char32_t>(U'0' + value); value >= 0 && plain != one && voice.knows(plain))
      return replaced(ProposalKind::kDigit, self, {&plain, 1}, "the voice knows that figure");
    return made(ProposalKind::kDigit, self, {}, "Write numbers as words, the way they were said.");
  }
  if (const auto mark = for_mark(one, decode_utf8(text), voice)) return *mark;
  if (is_letter(one))
    if (const auto letter = for_letter(one, voice)) return *letter;
  if (const auto punctuation = for_punctuation(one, voice)) return *punctuation;
  if (const auto plain = compatible(self); plain != self && voice.knows(plain))
    return replaced(ProposalKind::kCompatible, self, plain, "it is a form of the same for print (NFKC)");
  if (is_letter(one)) {
    if (const auto base = for_base_letter(one, voice)) return *base;
    const UScriptCode script = script_of(one), voices = voice.script();
    if (script != voices && script != USCRIPT_COMMON && script != USCRIPT_INHERITED && voices != USCRIPT_UNKNOWN)
      return made(
          ProposalKind::kOtherScript, self, {},
          fmt::format("This is a letter of the script {}; the voice reads {}. Write such words in its letters, or "
                      "leave these clips out.",
                      uscript_getName(script), uscript_getName(voices)));
    return made(
        ProposalKind::kNone, self, {},
        "The voice has no such letter and skips it. Spell these words with letters it has, or take another voice.");
  }
  if (audible({{std::string(character), 1}}).empty())
    return made(ProposalKind::kSilent, self, {}, "It is skipped, and nothing that is heard is lost.");
  if (u_hasBinaryProperty(code(one), UCHAR_EXTENDED_PICTOGRAPHIC))
    return made(ProposalKind::kSilent, self, {}, "Leave the picture out, unless somebody says it.");
  return made(ProposalKind::kSign, self, {}, "Write the sign as a word, if it was said, or leave it out.");
}

std::string_view name_of(ProposalKind kind) {
  switch (kind) {
    case ProposalKind::kCase:
      return "case";
    case ProposalKind::kCompose:
      return "compose";
    case ProposalKind::kDecompose:
      return "decompose";
    case ProposalKind::kCompatible:
      return "compatible";
    case ProposalKind::kLookAlike:
      return "look_alike";
    case ProposalKind::kPunctuation:
      return "punctuation";
    case ProposalKind::kBaseLetter:
      return "base_letter";
    case ProposalKind::kDigit:
      return "digit";
    case ProposalKind::kSign:
      return "sign";
    case ProposalKind::kSilent:
      return "silent";
    case ProposalKind::kOtherScript:
      return "other_script";
    case ProposalKind::kNone:
      break;
  }
  return "none";
}

std::string character_name(std::string_view character) {
  std::string names;
  for (const char32_t one : decode_utf8(character)) {
    char name[128] = "";
    UErrorCode status = U_ZERO_ERROR;
    u_charName(code(one), U_EXTENDED_CHAR_NAME, name, sizeof name, &status);
    names += fmt::format("{}U+{:04X} {}", names.empty() ? "" : " + ", static_cast<uint32_t>(one), name);
  }
  return names;
}

bool has_digit(std::string_view utf8) {
  for (const char32_t character : decode_utf8(utf8))
    if ((U_GET_GC_MASK(code(character)) & U_GC_ND_MASK) != 0) return true;
  return false;
}

int64_t spoken_characters(std::string_view utf8) {
  int64_t spoken = 0;
  for (const char32_t character : decode_utf8(utf8))
    spoken += (U_GET_GC_MASK(code(character)) & (U_GC_L_MASK | U_GC_N_MASK | U_GC_S_MASK)) != 0;
  return spoken;
}

}  // namespace vits::text
