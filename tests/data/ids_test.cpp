#include "vits/data/ids.h"

#include <gtest/gtest.h>

#include <set>

#include "vits/formats/utf8.h"

namespace vits::data {
namespace {

Clip clip(const std::string& id, const std::string& file) {
  Clip clip;
  clip.id = id;
  clip.audio.file = file;
  return clip;
}

TEST(SafeId, LeavesAloneWhatCanBeAFileName) {
  for (const char* id : {"LJ001-0001", "a.b", "Ez diçim malê", "ئەز", "-x", "common_voice_ku_1", "نمی\u200cدانم"})
    EXPECT_EQ(safe_id(id), id);
}

TEST(SafeId, NeverLeavesItsFolder) {
  EXPECT_EQ(safe_id("../../etc/passwd"), "etc_passwd");
  EXPECT_EQ(safe_id("/home/me/a"), "home_me_a");
  EXPECT_EQ(safe_id("C:\\me\\a"), "C__me_a");
  EXPECT_EQ(safe_id(".hidden"), "_.hidden");
  EXPECT_EQ(safe_id("a..b"), "a.b");
  for (const char* id : {"", ".", "..", "/", "../..", "  ", "./.\\.."}) EXPECT_EQ(safe_id(id), "clip") << id;
}

TEST(SafeId, HoldsNothingThatASystemForbids) {
  EXPECT_EQ(safe_id("a|b\nc\td\"e*?<>:"), "a_b_c_d_e_____");
  EXPECT_EQ(safe_id(std::string("nul\0byte", 8)), "nul_byte");
  EXPECT_EQ(safe_id("nul"), "_nul");
  EXPECT_EQ(safe_id("Com1.x"), "_Com1.x");
  EXPECT_EQ(safe_id(" end. "), "end");
  EXPECT_EQ(safe_id("b\xea"
                    "d"),
            "b_d");
  EXPECT_EQ(safe_id("a\u202Eb"), "a_b");
}

TEST(SafeId, IsCutBetweenCharactersAndStaysDifferent) {
  std::string long_id;
  for (int i = 0; i < 200; ++i) long_id += "ê";
  const std::string cut = safe_id(long_id), other = safe_id(long_id + "x");
  EXPECT_LE(cut.size(), kLongestIdBytes);
  EXPECT_GT(cut.size(), kLongestIdBytes - 4);
  EXPECT_TRUE(formats::is_utf8(cut));
  EXPECT_NE(cut, other);
  EXPECT_EQ(safe_id(cut), cut);
}

TEST(Ids, ThatDifferInCaseOrInTheWritingOfAccentsAreTheSameName) {
  std::vector<Clip> clips{clip("Clip", "1"),       clip("clip", "2"),    clip("mal\u00EA", "3"),
                          clip("male\u0302", "4"), clip("STRASSE", "5"), clip("straße", "6")};
  make_ids_safe(clips);
  for (const size_t first : {0, 2, 4}) {
    EXPECT_EQ(clips[first].id.find('-'), std::string::npos) << clips[first].id;
    EXPECT_NE(clips[first + 1].id.find('-'), std::string::npos) << clips[first + 1].id;
  }
}

TEST(Ids, DoNotChangeWhenOtherClipsCome) {
  std::vector<Clip> few{clip("a", "one/a.wav"), clip("a", "two/a.wav")};
  std::vector<Clip> more{clip("x", "zero/x.wav"), clip("a", "one/a.wav"), clip("b", "one/b.wav"),
                         clip("a", "three/a.wav"), clip("a", "two/a.wav")};
  for (auto* clips : {&few, &more}) make_ids_safe(*clips);
  EXPECT_EQ(few[0].id, "a");
  EXPECT_EQ(more[1].id, "a");
  EXPECT_EQ(few[1].id, more[4].id);
}

TEST(Ids, AreUniqueEvenIfRowsAreRepeatedOrLookLikeOurSuffix) {
  std::vector<Clip> clips;
  for (int i = 0; i < 100; ++i) clips.push_back(clip("same", "one.wav"));
  std::vector<Clip> first = {clip("same", "0"), clip("same", "one.wav")};
  make_ids_safe(first);
  clips.push_back(clip(first[1].id, "other.wav"));
  make_ids_safe(clips);
  std::set<std::string> ids;
  for (const Clip& one : clips) ids.insert(one.id);
  EXPECT_EQ(ids.size(), clips.size());
  EXPECT_EQ(clips.back().id, first[1].id);
}

}  // namespace
}  // namespace vits::data
