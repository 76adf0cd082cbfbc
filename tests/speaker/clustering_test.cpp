#include "vits/speaker/clustering.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

namespace vits::speaker {
namespace {

// Voices with the figures that real clips of 3 s have: a mean similarity of 0.85 within a speaker, about 0.6 between
// two.
class MadeUpSpeakers {
 public:
  explicit MadeUpSpeakers(unsigned seed) : chance_(seed) {}

  void add(int64_t speaker, int64_t clips) {
    const Embedding centre = made_up();
    for (int64_t clip = 0; clip < clips; ++clip) {
      voices.push_back(moved(centre, 0.026f));
      speakers.push_back(speaker);
    }
  }

  // Clips of one word each, figures as real digits have them: a mean similarity of 0.88 within a word of a speaker, of
  // 0.66 between two words of one speaker and below 0.6 between speakers.
  void add_words(int64_t speaker, int64_t words, int64_t clips_of_a_word) {
    const Embedding centre = made_up();
    for (int64_t word = 0; word < words; ++word) {
      const Embedding said = moved(centre, 0.048f);
      for (int64_t clip = 0; clip < clips_of_a_word; ++clip) {
        voices.push_back(moved(said, 0.022f));
        speakers.push_back(speaker);
      }
    }
  }

  // Half of the clips are recorded on another day.
  void add_of_two_days(int64_t speaker, int64_t clips) {
    const Embedding centre = made_up();
    for (const Embedding& day : {centre, moved(centre, 0.05f)}) {
      for (int64_t clip = 0; clip < clips / 2; ++clip) {
        voices.push_back(moved(day, 0.022f));
        speakers.push_back(speaker);
      }
    }
  }

  std::vector<Embedding> voices;
  std::vector<int64_t> speakers;

 private:
  Embedding made_up() {
    Embedding voice{};
    for (float& number : voice) number = std::max(0.0f, 0.55f + normal_(chance_));
    scale(voice);
    return voice;
  }

  Embedding moved(Embedding voice, float far) {
    for (float& number : voice) number = std::max(0.0f, number + far * normal_(chance_));
    scale(voice);
    return voice;
  }

  static void scale(Embedding& voice) {
    const auto length = float(std::sqrt(similarity(voice, voice)));
    for (float& number : voice) number /= length;
  }

  std::mt19937 chance_;
  std::normal_distribution<float> normal_;
};

// The same partition, whatever its numbers.
bool same_partition(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  std::map<int64_t, std::set<int64_t>> forward, backward;
  for (size_t place = 0; place < a.size(); ++place) {
    forward[a[place]].insert(b[place]);
    backward[b[place]].insert(a[place]);
  }
  const auto single = [](const auto& entry) { return entry.second.size() == 1; };
  return std::ranges::all_of(forward, single) && std::ranges::all_of(backward, single);
}

TEST(FindSpeakers, FindsTheirNumberEvenIfItIsOne) {
  for (const int64_t count : {1, 2, 3, 7}) {
    MadeUpSpeakers made(unsigned(count) + 1);
    for (int64_t speaker = 0; speaker < count; ++speaker) made.add(speaker, 12);
    const Clusters found = find_speakers(made.voices, {});
    EXPECT_EQ(found.count(), count);
    EXPECT_TRUE(same_partition(found.of, made.speakers)) << count << " speakers";
  }
}

TEST(FindSpeakers, FindsARareSpeakerBesideAFrequentOne) {
  MadeUpSpeakers made(5);
  made.add(0, 80);
  made.add(1, 3);
  made.add(2, 20);
  const Clusters found = find_speakers(made.voices, {});
  EXPECT_TRUE(same_partition(found.of, made.speakers));
  EXPECT_EQ(found.sizes, (std::vector<int64_t>{80, 20, 3}));
}

TEST(FindSpeakers, OneVoiceOfTwoDaysIsOneSpeaker) {
  MadeUpSpeakers made(11);
  made.add_of_two_days(0, 60);
  made.add_of_two_days(1, 60);
  made.add(2, 40);
  const auto between_days = similarity(made.voices[0], made.voices[59]);
  ASSERT_LT(between_days, 0.8) << "the days are too alike to say anything";
  EXPECT_TRUE(same_partition(find_speakers(made.voices, {}).of, made.speakers));
}

TEST(FindSpeakers, SingleWordsAreNotSpeakers) {
  for (const int64_t count : {2, 3, 5}) {
    MadeUpSpeakers made(unsigned(count) + 20);
    for (int64_t speaker = 0; speaker < count; ++speaker) made.add_words(speaker, 10, 7);
    EXPECT_TRUE(same_partition(find_speakers(made.voices, {.single_words = true}).of, made.speakers)) << count;
    EXPECT_LE(find_speakers(made.voices, {.most_speakers = 2, .single_words = true}).count(), 2);
  }
}

TEST(FindSpeakers, FindsTheirNumberAlsoWhereSentencesAreTakenForWords) {
  for (const int64_t count : {1, 2, 3, 7}) {
    MadeUpSpeakers made(unsigned(count) + 30);
    for (int64_t speaker = 0; speaker < count; ++speaker) made.add(speaker, 30);
    EXPECT_TRUE(same_partition(find_speakers(made.voices, {.single_words = true}).of, made.speakers)) << count;
  }
}

TEST(FindSpeakers, TakesTheNumberThatItIsGiven) {
  MadeUpSpeakers made(6);
  for (int64_t speaker = 0; speaker < 4; ++speaker) made.add(speaker, 8);
  EXPECT_EQ(find_speakers(made.voices, {.speakers = 2}).count(), 2);
  EXPECT_EQ(find_speakers(made.voices, {.speakers = 6}).count(), 6);
  EXPECT_EQ(find_speakers(made.voices, {.speakers = 100}).count(), 32);
  EXPECT_LE(find_speakers(made.voices, {.most_speakers = 3}).count(), 3);
}

TEST(FindSpeakers, GivesTheRestOfALargeSetToTheSpeakersOfASample) {
  MadeUpSpeakers made(7);
  for (int64_t speaker = 0; speaker < 3; ++speaker) made.add(speaker, 50);
  const Clusters found = find_speakers(made.voices, {.most_in_tree = 30});
  EXPECT_TRUE(same_partition(found.of, made.speakers));
}

TEST(FindSpeakers, CopesWithAHandfulAndWithNone) {
  EXPECT_EQ(find_speakers({}, {}).count(), 0);
  MadeUpSpeakers made(8);
  made.add(0, 1);
  EXPECT_EQ(find_speakers(made.voices, {}).count(), 1);
  made.add(1, 1);
  EXPECT_EQ(find_speakers(made.voices, {}).count(), 2);
  made.add(2, 2);
  EXPECT_TRUE(same_partition(find_speakers(made.voices, {}).of, made.speakers));
}

TEST(FindSpeakers, EqualVoicesAreOneSpeaker) {
  MadeUpSpeakers made(9);
  made.add(0, 1);
  const std::vector<Embedding> voices(20, made.voices[0]);
  EXPECT_EQ(find_speakers(voices, {}).count(), 1);
}

TEST(Confidence, IsHighBesideTheCentreAndNoneBetweenTwo) {
  MadeUpSpeakers made(10);
  made.add(0, 10);
  made.add(1, 10);
  Embedding between{};
  for (size_t number = 0; number < between.size(); ++number) {
    between[number] = (made.voices[0][number] + made.voices[10][number]) / 2.0f;
  }
  made.voices.push_back(between);
  const Clusters clusters = find_speakers(made.voices, {});
  const std::vector<double> sure = confidence(made.voices, clusters);
  EXPECT_GT(sure[0], 0.5);
  EXPECT_LT(sure.back(), 0.2);
}

}  // namespace
}  // namespace vits::speaker
