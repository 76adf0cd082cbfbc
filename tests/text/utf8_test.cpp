#include "vits/text/utf8.h"

#include <gtest/gtest.h>

namespace vits::text {
namespace {

TEST(Utf8, EncodingEveryCodePointAndDecodingItGivesItBack) {
  for (char32_t character = 0; character <= 0x10FFFF; ++character) {
    if (character >= 0xD800 && character <= 0xDFFF) continue;
    ASSERT_EQ(decode_utf8(encode_utf8({&character, 1})), std::u32string(1, character));
  }
}

// Expected values: bytes.decode("utf-8", errors="replace") of Python 3.11.
TEST(Utf8, BrokenBytesBecomeReplacementCharactersAsInPython) {
  EXPECT_EQ(decode_utf8("a\x80z"), U"a\uFFFDz");
  EXPECT_EQ(decode_utf8("\xC0\xAF"), U"\uFFFD\uFFFD");
  EXPECT_EQ(decode_utf8("\xE2\x82"), U"\uFFFD");
  EXPECT_EQ(decode_utf8("\xE2\x82z"), U"\uFFFDz");
  EXPECT_EQ(decode_utf8("\xF0\x9F\x98"), U"\uFFFD");
  EXPECT_EQ(decode_utf8("\xF0\x80\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decode_utf8("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decode_utf8("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decode_utf8("\xE2\xE2\x82\xAC"), U"\uFFFD\u20AC");
}

TEST(Utf8, WhatUtf8CannotHoldIsWrittenAsAReplacementCharacter) {
  const std::u32string impossible = {0xD800, 0x110000};
  EXPECT_EQ(encode_utf8(impossible), "\uFFFD\uFFFD");
}

}  // namespace
}  // namespace vits::text
