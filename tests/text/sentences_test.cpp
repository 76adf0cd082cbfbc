#include "vits/text/sentences.h"

#include <gtest/gtest.h>

#include <random>

#include "unicode.h"
#include "vits/base/error.h"
#include "vits/text/utf8.h"

namespace vits::text {
namespace {

std::vector<std::string> texts(std::string_view text, int64_t most = 400) {
  std::vector<std::string> result;
  for (const auto& piece : split_sentences(text, most)) result.push_back(piece.text);
  return result;
}

using Texts = std::vector<std::string>;

TEST(Sentences, EndWhereReadersEndThem) {
  EXPECT_EQ(texts("It rains. Does it? Yes!  \"It does.\" (Really.) Fine"),
            (Texts{"It rains. ", "Does it? ", "Yes!  ", "\"It does.\" ", "(Really.) ", "Fine"}));
  EXPECT_EQ(texts("Wait… What?! No..."), (Texts{"Wait… ", "What?! ", "No..."}));
  EXPECT_EQ(texts("He said “Go.” Then he went."), (Texts{"He said “Go.” ", "Then he went."}));
}

TEST(Sentences, EndInTheirOwnScripts) {
  EXPECT_EQ(texts("你好。你好吗？很好！"), (Texts{"你好。", "你好吗？", "很好！"}));
  EXPECT_EQ(texts("「行く。」と言った。次。"), (Texts{"「行く。」", "と言った。", "次。"}));
  EXPECT_EQ(texts("यह घर है। वह पेड़ है॥ अच्छा"), (Texts{"यह घर है। ", "वह पेड़ है॥ ", "अच्छा"}));
  EXPECT_EQ(texts("هل هذا بيت؟ نعم. شكرا"), (Texts{"هل هذا بيت؟ ", "نعم. ", "شكرا"}));
  EXPECT_EQ(texts("یہ گھر ہے۔ وہ درخت ہے۔"), (Texts{"یہ گھر ہے۔ ", "وہ درخت ہے۔"}));
  EXPECT_EQ(texts("Սա տուն է։ Լավ։"), (Texts{"Սա տուն է։ ", "Լավ։"}));
  EXPECT_EQ(texts("ሰላም። ደህና ነህ፧ አዎ"), (Texts{"ሰላም። ", "ደህና ነህ፧ ", "አዎ"}));
  EXPECT_EQ(texts("Ev mal e. Çawa yî? Êvar baş."), (Texts{"Ev mal e. ", "Çawa yî? ", "Êvar baş."}));
}

TEST(Sentences, GoOnAfterAFullStopThatEndsNone) {
  for (const char* text : {"Pi is 3.14 or so", "J. S. Bach wrote it", "Dr. Smith and Mrs. Jones",
                           "See e.g. Bach, i.e. him", "Write to a.b@example.org now", "Approx. five of them",
                           "2. Allegro", "z.B. Wasser", "The U.S. Army", "Wait... what", "Прибыл А. С. Пушкин"})
    EXPECT_EQ(texts(text), Texts{text});
  EXPECT_EQ(texts("It was 1990. Then it was not."), (Texts{"It was 1990. ", "Then it was not."}));
}

TEST(Sentences, EndWithTheirPause) {
  const auto pieces = split_sentences("Title\n\nOne. Two!\nThree");
  ASSERT_EQ(pieces.size(), 4u);
  EXPECT_EQ(pieces[0].text, "Title\n\n");
  EXPECT_EQ(pieces[0].pause_after, Pause::kParagraph);
  EXPECT_EQ(pieces[1].pause_after, Pause::kSentence);
  EXPECT_EQ(pieces[2].text, "Two!\n");
  EXPECT_EQ(pieces[2].pause_after, Pause::kParagraph);
  EXPECT_EQ(pieces[3].pause_after, Pause::kNone);
}

TEST(Sentences, HaveWords) {
  EXPECT_EQ(texts("... Hello. *** \n\n Bye. \xF0\x9F\x98\x80"),
            (Texts{"... Hello. *** \n\n ", "Bye. \xF0\x9F\x98\x80"}));
  EXPECT_EQ(texts("?!"), Texts{"?!"});
  EXPECT_EQ(texts(" \n "), Texts{" \n "});
  EXPECT_TRUE(texts("").empty());
}

TEST(Sentences, TooLongAreCutAtCommasThenBlanksThenAnywhere) {
  const auto pieces = split_sentences("one two three, four five six seven", 20);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].text, "one two three, ");
  EXPECT_EQ(pieces[0].pause_after, Pause::kClause);
  EXPECT_EQ(texts("one two three four five six", 14), (Texts{"one two three ", "four five six"}));
  EXPECT_EQ(texts("abcdefghij", 4), (Texts{"abcd", "efgh", "ij"}));
  EXPECT_EQ(texts("abce\u0301fgh", 4), (Texts{"abc", "e\u0301fg", "h"}));
  EXPECT_EQ(texts("一二三，四五六七", 5), (Texts{"一二三，", "四五六七"}));
  EXPECT_THROW(split_sentences("a", 0), Error);
}

TEST(Sentences, JoinedGiveTheTextBackAndKeepTheLimit) {
  std::mt19937 random(5);
  const std::vector<std::string> parts{"a",      "word",    "Dr",   "J",    "3",
                                       "é",      "e\u0301", "你",   "न",    "\xF0\x9F\x98\x80",
                                       " ",      "  ",      "\n",   "\r\n", "\t",
                                       ".",      "...",     "!",    "?",    "…",
                                       "。",     "।",       "؟",    ",",    "; ",
                                       "，",     "\"",      "”",    ")",    "(",
                                       "-",      " – ",     "\xff", "\xc3", std::string(1, '\0'),
                                       "\u00a0", "\u2029",  "*"};
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (size_t left = random() % 60; left > 0; --left) text += parts[random() % parts.size()];
    const auto most = static_cast<int64_t>(1 + random() % 40);
    std::string joined;
    for (const auto& piece : split_sentences(text, most)) {
      joined += piece.text;
      const std::u32string characters = decode_utf8(piece.text);
      ASSERT_LE(trim(characters).size(), static_cast<size_t>(most)) << text;
      ASSERT_FALSE(piece.text.empty()) << text;
    }
    ASSERT_EQ(joined, text);
  }
}

TEST(Sentences, OfAMegabyteAreSplitInTheTimeThatReadingTakes) {
  for (const std::string part : {".", " ", "a", "a. ", "\n", "\u0301", "!\"", "1. ", "a.b", "... b"}) {
    std::string text;
    while (text.size() < (1u << 20)) text += part;
    std::string joined;
    for (const auto& piece : split_sentences(text)) joined += piece.text;
    EXPECT_EQ(joined, text);
  }
}

}  // namespace
}  // namespace vits::text
