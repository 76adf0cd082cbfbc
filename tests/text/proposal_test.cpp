// What is proposed for characters that a voice lacks.
#include "vits/text/proposal.h"

#include <gtest/gtest.h>

#include "vits/text/utf8.h"

namespace {

using vits::text::Proposal;
using vits::text::ProposalKind;
using vits::text::Tokenizer;
using vits::text::TokenizerSettings;

Tokenizer voice_of(const std::string& symbols, bool normalize = true) {
  TokenizerSettings settings;
  for (const char32_t symbol : vits::text::decode_utf8(symbols))
    settings.vocab[vits::text::encode_utf8({&symbol, 1})] = static_cast<int64_t>(settings.vocab.size());
  settings.normalize = normalize;
  return Tokenizer(settings);
}

struct Case {
  const char* vocabulary;
  const char* text;
  const char* unknown;
  ProposalKind kind;
  const char* instead_of;
  const char* replacement;
};

TEST(Proposal, FindsWhatAPersonMeant) {
  const Case cases[] = {
      {"abceê ", "abe\u0302", "\u0302", ProposalKind::kCompose, "e\u0302", "ê"},
      {"abceê ", "AbE\u0302", "\u0302", ProposalKind::kCompose, "e\u0302", "ê"},
      {"ace\u0301 ", "acé", "é", ProposalKind::kDecompose, "é", "e\u0301"},
      {"ace ", "acé", "é", ProposalKind::kBaseLetter, "é", "e"},
      {"as ", "aß", "ß", ProposalKind::kBaseLetter, "ß", "ss"},
      {"کیاه ", "كا", "ك", ProposalKind::kLookAlike, "ك", "ک"},
      {"کیاه ", "يا", "ي", ProposalKind::kLookAlike, "ي", "ی"},
      {"بەه ", "به\u200Cب", "\u200C", ProposalKind::kLookAlike, "ه\u200C", "ە"},
      {"بلا ", "ﻻب", "ﻻ", ProposalKind::kCompatible, "ﻻ", "لا"},
      {"fi ", "ﬁ", "ﬁ", ProposalKind::kCompatible, "ﬁ", "fi"},
      {"abc ", "аbc", "а", ProposalKind::kLookAlike, "а", "a"},
      {"ai ", "aı", "ı", ProposalKind::kLookAlike, "ı", "i"},
      {"ab' ", "a’b", "’", ProposalKind::kPunctuation, "’", "'"},
      {"ab\" ", "a “b”", "“", ProposalKind::kPunctuation, "“", "\""},
      {"ab' ", "a “b”", "“", ProposalKind::kSilent, "“", ""},
      {"ab- ", "a–b", "–", ProposalKind::kPunctuation, "–", "-"},
      {"ab. ", "a…", "…", ProposalKind::kPunctuation, "…", "..."},
      {"ab ", "a\u00A0b", "\u00A0", ProposalKind::kPunctuation, "\u00A0", " "},
      {"ab ", "a, b", ",", ProposalKind::kSilent, ",", ""},
      {"ab ", "a7", "7", ProposalKind::kDigit, "7", ""},
      {"ab7 ", "a٧", "٧", ProposalKind::kDigit, "٧", "7"},
      {"ab ", "a%", "%", ProposalKind::kSign, "%", ""},
      {"ab ", "a €", "€", ProposalKind::kSign, "€", ""},
      {"ab ", "a🙂", "🙂", ProposalKind::kSilent, "🙂", ""},
      {"ab ", "aж", "ж", ProposalKind::kOtherScript, "ж", ""},
      {"ab ", "aq", "q", ProposalKind::kNone, "q", ""},
      {"ab ", "a\u0301b", "\u0301", ProposalKind::kSilent, "a\u0301", ""},
      {"ab ", "a\xFF", "\uFFFD", ProposalKind::kNone, "\uFFFD", ""},
  };
  for (const Case& example : cases) {
    const Tokenizer voice = voice_of(example.vocabulary);
    // The character must be one that the tokenizer really misses in that text.
    EXPECT_TRUE(voice.encode(example.text).unknown.contains(example.unknown)) << example.text;
    const Proposal proposal = vits::text::propose(voice, example.unknown, example.text);
    EXPECT_EQ(name_of(proposal.kind), name_of(example.kind)) << example.text;
    EXPECT_EQ(proposal.instead_of, example.instead_of) << example.text;
    EXPECT_EQ(proposal.replacement, example.replacement) << example.text;
    EXPECT_FALSE(proposal.advice.empty());
    EXPECT_TRUE(voice.encode(proposal.replacement).unknown.empty()) << proposal.replacement;
  }
}

TEST(Proposal, KnowsTheOtherCaseOfAVoiceThatDoesNotLowerItsText) {
  const Tokenizer voice = voice_of("ab ", false);
  ASSERT_TRUE(voice.encode("Ab").unknown.contains("A"));
  const Proposal proposal = vits::text::propose(voice, "A", "Ab");
  EXPECT_EQ(proposal.kind, ProposalKind::kCase);
  EXPECT_EQ(proposal.replacement, "a");
}

TEST(CharacterName, IsUnicodesAndNamesWhatCannotBeSeen) {
  EXPECT_EQ(vits::text::character_name("’"), "U+2019 RIGHT SINGLE QUOTATION MARK");
  EXPECT_EQ(vits::text::character_name("\u200C"), "U+200C ZERO WIDTH NON-JOINER");
}

TEST(SpokenCharacters, LeaveBlanksAndPunctuationOut) {
  EXPECT_EQ(vits::text::spoken_characters("Ab, c 7%…"), 4);
  EXPECT_TRUE(vits::text::has_digit("a ٧"));
  EXPECT_FALSE(vits::text::has_digit("ab"));
}

}  // namespace
