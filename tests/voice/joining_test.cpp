#include "joining.h"

#include <gtest/gtest.h>

namespace vits::voice {
namespace {

constexpr int64_t kRate = 1000;

std::vector<float> with_quiet_ends(size_t before, size_t sound, size_t after) {
  std::vector<float> samples(before, 0.001f);
  samples.insert(samples.end(), sound, 0.5f);
  samples.insert(samples.end(), after, -0.001f);
  return samples;
}

TEST(QuietEnds, AreWhatLiesBelowAHundredthOfThePeak) {
  const auto ends = quiet_ends(with_quiet_ends(3, 10, 7));
  EXPECT_EQ(ends.begin, 3u);
  EXPECT_EQ(ends.end, 7u);
}

TEST(Joining, FillsWhatIsMissingOfAPauseAndCutsNothing) {
  Joining joining(kRate);
  joining.append(with_quiet_ends(50, 10, 100), text::Pause::kSentence);  // nothing before the first piece
  joining.append(with_quiet_ends(20, 10, 500), text::Pause::kSentence);  // 350 ms, of which 120 are there
  joining.append(with_quiet_ends(30, 10, 0), text::Pause::kParagraph);   // 700 ms, of which 530 are there
  joining.append(with_quiet_ends(900, 10, 0), text::Pause::kSentence);   // more than enough is there
  joining.append(with_quiet_ends(0, 10, 0), text::Pause::kNone);
  EXPECT_EQ(joining.take().size(), 160u + 230 + 530 + 170 + 40 + 910 + 10);
  joining.append(with_quiet_ends(1, 1, 1), text::Pause::kSentence);
  EXPECT_EQ(joining.take().size(), 3u);
}

}  // namespace
}  // namespace vits::voice
