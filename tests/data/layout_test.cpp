// Data sets as their own tools write them, and damaged ones.
#include "layout_cases.h"

namespace vits::data {
namespace {

TEST(Layout, OfLJSpeechTakesTheNormalisedTextAndAnyKindOfRecording) { expect_group("ljspeech"); }

TEST(Layout, OfATableWithoutAHeaderIsToldByItsRows) { expect_group("without_header"); }

TEST(Layout, OfATableWithAHeaderIsToldByNamesInAnyEncodingAndDialect) { expect_group("with_header"); }

TEST(Layout, FindsRecordingsThatHaveMoved) { expect_group("moved"); }

TEST(Layout, OfJsonLinesIsReadWithNestedPathsAndSegments) { expect_group("json_lines"); }

TEST(Layout, OfAnAudiofolderHasItsSplits) { expect_group("audiofolder"); }

TEST(Layout, OfCommonVoiceCountsVotes) { expect_group("commonvoice"); }

TEST(Layout, OfVctkTakesTheFirstMicrophoneAndSaysWhatHasNoText) { expect_group("vctk"); }

TEST(Layout, OfPairsIsFoundInFoldersBelow) { expect_group("pairs"); }

TEST(Layout, OfWhatPrepareWroteHasBothManifests) { expect_group("prepared"); }

TEST(Layout, OfHuggingFaceIsReadFromArrowAndParquetWithBytesOrPaths) { expect_group("hugging_face"); }

TEST(Layout, RejectsBadRowsByNumberAndKeepsTheOthers) { expect_group("bad"); }

}  // namespace
}  // namespace vits::data
