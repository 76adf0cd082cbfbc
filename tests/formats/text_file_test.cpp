#include "vits/formats/text_file.h"

#include <gtest/gtest.h>

#include "vits/base/error.h"
#include "vits/base/files.h"

namespace {

using namespace vits::formats;

std::string text_of(std::string_view bytes, const std::string& encoding = "auto") {
  vits::base::TemporaryFolder folder;
  vits::base::write_file(folder.path() / "table.csv", bytes);
  return std::string(TextFile(folder.path() / "table.csv", encoding).text());
}

// Characters below 0x10000 as UTF-16.
std::string utf16(std::u16string_view text, bool big) {
  std::string bytes;
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
    bytes += big ? high : low;
    bytes += big ? low : high;
  }
  return bytes;
}

const std::u16string kWide = u"1.wav|سڵاو ۆ 語\r\n";
const std::string kNarrow = "1.wav|سڵاو ۆ 語\r\n";

TEST(TextFile, TakesUtf8AsItIsAndDropsTheMark) {
  EXPECT_EQ(text_of(kNarrow), kNarrow);
  EXPECT_EQ(text_of("\xEF\xBB\xBF" + kNarrow), kNarrow);
  EXPECT_EQ(text_of("\xEF\xBB\xBF" + kNarrow, "UTF-8"), kNarrow);
  EXPECT_EQ(text_of(""), "");
  EXPECT_EQ(text_of("\xEF\xBB\xBF"), "");
  EXPECT_EQ(text_of("caf\xE9\n"), "caf\xE9\n");
}

TEST(TextFile, KnowsUtf16ByItsMarkOrItsZeros) {
  for (const bool big : {false, true}) {
    EXPECT_EQ(text_of(utf16(u"\uFEFF" + kWide, big)), kNarrow);
    EXPECT_EQ(text_of(utf16(kWide, big)), kNarrow);
    EXPECT_EQ(text_of(utf16(u"\uFEFF" + kWide, big), big ? "UTF-16BE" : "UTF-16LE"), kNarrow);
  }
  EXPECT_EQ(text_of(utf16(u"\uFEFF" + kWide, true), "UTF-16"), kNarrow);
  EXPECT_EQ(text_of(std::string("\xFF\xFE\0\0a\0\0\0", 8)), "a");
}

TEST(TextFile, AFewZerosDoNotMakeItUtf16) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "wavs/1.wav|text\n";
  text[40] = text[42] = '\0';
  EXPECT_EQ(text_of(text), text);
}

TEST(TextFile, OldEncodingsAreGivenByName) {
  EXPECT_EQ(text_of("caf\xE9 \x80", "windows-1252"), "café €");
  EXPECT_EQ(text_of("\xC7\xE1", "windows-1256"), "ال");
  EXPECT_EQ(text_of("\x82\xB1", "SHIFT_JIS"), "こ");
}

TEST(TextFile, WhatTheEncodingDoesNotKnowStaysARowsDefect) {
  EXPECT_EQ(text_of("a\x81\nb\n", "windows-1252"), "a\xFF\nb\n");
  EXPECT_EQ(text_of(utf16(u"\uFEFFa\xD800\nb\n", false)), "a\xFF\nb\n");
  EXPECT_EQ(text_of(utf16(u"\uFEFFab", false) + "c"), "ab\xFF");
}

TEST(TextFile, LongFilesAreConvertedWhole) {
  std::u16string wide = u"\uFEFF";
  std::string narrow;
  for (int i = 0; i < 50'000; ++i) {
    wide += u"ê語a";
    narrow += "ê語a";
  }
  EXPECT_EQ(text_of(utf16(wide, false)), narrow);
}

TEST(TextFile, AnUnknownEncodingIsNamed) {
  for (const std::string encoding : {"klingon", "", "ascii//IGNORE"}) {
    try {
      text_of("a", encoding);
      ADD_FAILURE() << encoding;
    } catch (const vits::Error& error) {
      EXPECT_NE(std::string(error.what()).find("there is no encoding \"" + encoding + "\""), std::string::npos)
          << error.what();
    }
  }
  EXPECT_THROW(TextFile("/nowhere/table.csv"), vits::Error);
}

TEST(Utf8, OnlyWhatUnicodeAllowsIsUtf8) {
  for (const std::string_view good : {"", "plain", "ê", "\xF4\x8F\xBF\xBF", "12345678ۆ12345678"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const std::string_view bad : {"\x80", "12345678\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"})
    EXPECT_FALSE(is_utf8(bad));
  EXPECT_EQ(utf8_prefix("0123456789caf\xE9!"), 13u);
}

}  // namespace
