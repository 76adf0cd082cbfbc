// The folder that prepare writes and training reads.
#include <gtest/gtest.h>

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/data/training_set.h"

namespace {

using vits::base::read_file;
using vits::base::write_file;
using vits::data::manifest_text;
using vits::data::read_training_set;
using vits::data::TrainingSet;

TEST(TrainingSet, ReadsWhatItWrote) {
  vits::base::TemporaryFolder folder;
  TrainingSet set{.folder = folder.path(), .clips = {}, .defects = {}};
  set.clips = {
      {"a", "one \"two\"", "ann", false, 1}, {"b", "rojbaş,\tcîhan|ê", "", false, 2}, {"c", "x", "bob", true, 1}};
  vits::data::write_manifests(set);
  EXPECT_EQ(read_file(folder.path() / "metadata.csv"), "a|one \"two\"|ann\nb|rojbaş, cîhan ê|\n");
  EXPECT_EQ(read_file(folder.path() / "metadata_val.csv"), "c|x|bob\n");

  const TrainingSet read = read_training_set(folder.path());
  ASSERT_EQ(read.clips.size(), 3u);
  EXPECT_TRUE(read.defects.empty());
  EXPECT_EQ(read.clips[0].text, "one \"two\"");
  EXPECT_EQ(read.clips[1].speaker, "");
  EXPECT_EQ(read.clips[1].row, 2);
  EXPECT_TRUE(read.clips[2].validation);
  EXPECT_EQ(read.wav(read.clips[2]), folder.path() / "wavs" / "c.wav");
}

TEST(TrainingSet, HasNoValidationFileWhenThereIsNothingToValidate) {
  vits::base::TemporaryFolder folder;
  write_file(folder.path() / "metadata_val.csv", "old|from before|\n");
  vits::data::write_manifests({.folder = folder.path(), .clips = {{"a", "b", "", false, 1}}, .defects = {}});
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "metadata_val.csv"));
  EXPECT_EQ(read_training_set(folder.path()).clips.size(), 1u);
}

TEST(TrainingSet, NamesRowsThatCannotBeRead) {
  vits::base::TemporaryFolder folder;
  write_file(folder.path() / "metadata.csv",
             "a|good\nonly\n../b|escapes\na|again\n|no id\nc| |\nd|one|two|three\ne|\xff\xfe|\nf|good too|ann\n");
  const TrainingSet set = read_training_set(folder.path());
  ASSERT_EQ(set.clips.size(), 2u);
  EXPECT_EQ(set.clips[1].id, "f");
  EXPECT_EQ(set.clips[1].row, 9);
  ASSERT_EQ(set.defects.size(), 7u);
  const std::string file = (folder.path() / "metadata.csv").string();
  EXPECT_EQ(set.defects[0], file + ", row 2: 1 fields, but a line is id|text or id|text|speaker");
  EXPECT_EQ(set.defects[2], file + ", row 4: the id \"a\" stands in " + file + ", row 1 already");
  EXPECT_NE(set.defects[6].find("row 8"), std::string::npos);
}

TEST(TrainingSet, SaysHowToMakeOneWhenThereIsNone) {
  vits::base::TemporaryFolder folder;
  try {
    read_training_set(folder.path());
    FAIL();
  } catch (const vits::Error& error) {
    EXPECT_NE(std::string(error.what()).find("vits-train prepare --from"), std::string::npos);
  }
}

TEST(ManifestText, HoldsOneLineWithoutBars) {
  EXPECT_EQ(manifest_text("  a\r\n b\t|c \x01 d\x7f"), "a b c d");
  EXPECT_EQ(manifest_text("a\xe2\x80\xa8"
                          "b\xc2\x85"
                          "c\xc2\xa0"
                          "d"),
            "a b c\xc2\xa0"
            "d");
  EXPECT_EQ(manifest_text("|"), "");
  EXPECT_EQ(manifest_text("ûşê 漢字"), "ûşê 漢字");
}

}  // namespace
