// Batches.
#include "vits/data/loader.h"

#include <ATen/ATen.h>

#include "small_set.h"
#include "vits/audio/spectrogram.h"

namespace vits::data_tests {
namespace {

using data::Batch;
using data::ClipNumbers;
using data::ClipStore;
using data::Loader;
using data::LoaderOptions;

const c10::Device kCpu(at::kCPU);

class OfSmallSet : public testing::Test {
 protected:
  OfSmallSet() { small_.add_clips(15); }

  ClipStore store(data::StoreTarget target = small_target()) const {
    return ClipStore(small_.set(), letters(), target, {.data_cache = "false"});
  }

  SmallSet small_;
};
using LoaderTest = OfSmallSet;

Batch clone(const Batch& batch) {
  Batch copy = batch;
  for (at::Tensor* tensor : {&copy.token_ids, &copy.samples, &copy.speaker_ids, &copy.mels, &copy.token_lengths,
                             &copy.frame_lengths, &copy.lengths_there})
    if (tensor->defined()) *tensor = tensor->clone();
  return copy;
}

std::vector<Batch> all_of(Loader& loader, const std::vector<ClipNumbers>& batches) {
  loader.begin(batches);
  std::vector<Batch> all;
  while (const auto batch = loader.next()) all.push_back(clone(*batch));
  return all;
}

void expect_same(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.clips, b.clips);
  EXPECT_EQ(a.frames, b.frames);
  EXPECT_TRUE(at::equal(a.token_ids, b.token_ids));
  EXPECT_TRUE(at::equal(a.samples, b.samples));
  EXPECT_TRUE(at::equal(a.lengths_there, b.lengths_there));
  EXPECT_TRUE(at::equal(a.token_lengths, b.token_lengths));
  EXPECT_TRUE(at::equal(a.frame_lengths, b.frame_lengths));
  ASSERT_EQ(a.mels.defined(), b.mels.defined());
  EXPECT_TRUE(!a.mels.defined() || at::equal(a.mels, b.mels));
}

at::Tensor wave_of(const ClipStore& clips, int64_t number) {
  const auto& clip = clips.clips()[static_cast<size_t>(number)];
  return clips.samples().narrow(0, clip.first_sample, clip.samples).to(at::kFloat) / 32768.0;
}

TEST_F(LoaderTest, SpectrogramOfABatchIsThatOfEachClip) {
  const ClipStore clips = store();
  const audio::SpectrogramShape shape{64, 16};
  const auto bank = audio::mel_bank(4000, shape);
  for (const int64_t round_frames : {1, 16}) {
    Loader loader(clips, kCpu, {.round_frames = round_frames});
    for (const Batch& batch : all_of(loader, {{0, 5, 3}, {7}, {2, 11, 9, 1}})) {
      ASSERT_EQ(batch.samples.scalar_type(), at::kShort);
      EXPECT_EQ(batch.frames % round_frames, 0);
      EXPECT_EQ(batch.samples.size(1), (batch.frames - 1) * 16 + 64);
      const auto all = at::stft(batch.samples.to(at::kFloat) / 32768.0, 64, 16, 64, at::hann_window(64), false,
                                "constant", false, true, true);
      const auto magnitudes = (at::view_as_real(all).square().sum(-1) + 1e-6).sqrt();  // [B, K, F]
      ASSERT_EQ(magnitudes.size(2), batch.frames);
      for (int64_t b = 0; b < batch.samples.size(0); ++b) {
        const int64_t number = batch.clips[static_cast<size_t>(b)];
        const auto& clip = clips.clips()[static_cast<size_t>(number)];
        const int64_t frames = batch.frame_lengths[b].item<int64_t>();
        EXPECT_EQ(frames, clip.samples / 16);
        const auto alone = audio::spectrogram(wave_of(clips, number).unsqueeze(0), shape);  // [1, K, F]
        EXPECT_LT((magnitudes[b].narrow(1, 0, frames) - alone[0]).abs().max().item<float>(), 1e-5);
        const int64_t reach = (frames - 1) * 16 + 64;
        EXPECT_FALSE(batch.samples[b].narrow(0, reach, batch.samples.size(1) - reach).any().item<bool>());

        const auto mel = audio::log_mel(alone, bank)[0].t();  // [F, M]
        ASSERT_EQ(batch.mels.size(1), batch.frames);
        EXPECT_TRUE(at::allclose(batch.mels[b].narrow(0, 0, frames).to(at::kFloat), mel, 1e-3, 2e-3));
        EXPECT_FALSE(batch.mels[b].narrow(0, frames, batch.frames - frames).any().item<bool>());
      }
    }
  }
}

TEST_F(LoaderTest, TokensAndLengthsAreTheClips) {
  const ClipStore clips = store();
  Loader loader(clips, kCpu, {});
  const auto batch = all_of(loader, {{0, 3}}).at(0);
  EXPECT_EQ(batch.token_ids.scalar_type(), at::kLong);
  EXPECT_TRUE(at::equal(batch.token_ids.narrow(1, 0, 3)[0], at::tensor({0, 1, 0}, at::kLong)));
  EXPECT_FALSE(batch.token_ids[0].narrow(0, 3, batch.token_ids.size(1) - 3).any().item<bool>());
  EXPECT_EQ(batch.token_lengths[0].item<int64_t>(), 3);
  EXPECT_TRUE(at::equal(batch.lengths_there[0], batch.token_lengths));
  EXPECT_TRUE(at::equal(batch.lengths_there[1], batch.frame_lengths));
  EXPECT_FALSE(batch.speaker_ids.defined());
}

TEST_F(LoaderTest, SamplesKeptOnTheDeviceGiveTheSameBytes) {
  const ClipStore clips = store();
  Loader host(clips, kCpu, {.data_on_gpu = "false", .round_frames = 8});
  Loader there(clips, kCpu, {.data_on_gpu = "true", .round_frames = 8});
  EXPECT_FALSE(host.keeps_data_on_device());
  EXPECT_TRUE(there.keeps_data_on_device());
  const std::vector<ClipNumbers> batches{{0, 14, 3}, {7}, {2, 11, 9, 1}, {4, 5}, {13, 12, 10, 8, 6}};
  const auto a = all_of(host, batches), b = all_of(there, batches);
  ASSERT_EQ(a.size(), 5u);
  ASSERT_EQ(b.size(), 5u);
  for (size_t i = 0; i < 5; ++i) expect_same(a[i], b[i]);
}

TEST_F(LoaderTest, BatchesOnCudaEqualThoseOnTheCpu) {
  if (!at::hasCUDA()) GTEST_SKIP() << "no CUDA device";
  const ClipStore clips = store();
  std::vector<ClipNumbers> batches;
  for (int64_t i = 0; i < 60; ++i) batches.push_back({i % 15, (7 * i + 1) % 15, (4 * i + 2) % 15});
  Loader host(clips, kCpu, {.round_frames = 16});
  const auto expected = all_of(host, batches);
  const auto work = at::rand({2000, 2000}, at::TensorOptions(at::kCUDA));
  for (const char* on_gpu : {"false", "true"}) {
    Loader card(clips, c10::Device(at::kCUDA), {.data_on_gpu = on_gpu, .round_frames = 16});
    EXPECT_EQ(card.keeps_data_on_device(), on_gpu == std::string("true"));
    card.begin(batches);
    std::vector<Batch> all;
    while (const auto batch = card.next()) {
      work.matmul(work);  // the copies below are still to come when the host asks for the next batches
      all.push_back(clone(*batch));
    }
    ASSERT_EQ(all.size(), expected.size());
    for (size_t i = 0; i < all.size(); ++i) {
      EXPECT_TRUE(all[i].samples.is_cuda());
      for (at::Tensor* tensor : {&all[i].token_ids, &all[i].samples, &all[i].mels, &all[i].lengths_there})
        *tensor = tensor->cpu();
      expect_same(all[i], expected[i]);
    }
  }
}

TEST_F(LoaderTest, BatchHoldsUntilNextWasCalledTwiceMore) {
  const ClipStore clips = store();
  Loader loader(clips, kCpu, {});
  std::vector<ClipNumbers> batches;
  for (int64_t i = 0; i < 60; ++i) batches.push_back({i % 15, (i + 1) % 15});
  const auto kept = all_of(loader, batches);
  loader.begin(batches);
  std::optional<Batch> before;
  for (size_t i = 0; i < batches.size(); ++i) {
    const auto batch = loader.next();
    if (before) expect_same(*before, kept[i - 1]);
    if (i == 30) loader.begin({batches.begin() + 31, batches.end()});  // a new beginning takes nothing away
    before = batch;
  }
  EXPECT_FALSE(loader.next());
  expect_same(*before, kept.back());
}

TEST_F(LoaderTest, BeginsAnywhereAtAnyTime) {
  const ClipStore clips = store();
  Loader loader(clips, kCpu, {});
  EXPECT_FALSE(loader.next());
  const std::vector<ClipNumbers> batches{{0, 1}, {2, 3}, {4, 5}, {6, 7}};
  const auto whole = all_of(loader, batches);
  for (size_t first = 0; first < 4; ++first) {
    loader.begin(batches);
    for (size_t i = 0; i < first; ++i) loader.next();
    const auto rest = all_of(loader, {batches.begin() + static_cast<std::ptrdiff_t>(first), batches.end()});
    ASSERT_EQ(rest.size(), 4 - first);
    for (size_t i = 0; i < rest.size(); ++i) expect_same(rest[i], whole[first + i]);
  }
  loader.begin(batches);  // and is not waited for
}

TEST_F(LoaderTest, SpeakersTravelWhenTheVoiceHasThem) {
  SmallSet spoken;
  spoken.add("a", 500, "abc", false, "anna");
  spoken.add("b", 500, "abc", false, "bob");
  data::StoreTarget target = small_target();
  target.speakers = {"bob", "carl", "anna"};
  const ClipStore clips(spoken.set(), letters(), target, {.data_cache = "false"});
  Loader loader(clips, kCpu, {});
  const auto batch = all_of(loader, {{0, 1}}).at(0);
  EXPECT_TRUE(at::equal(batch.speaker_ids, at::tensor({2, 0}, at::kLong)));
}

TEST_F(LoaderTest, AClipThatDoesNotExistIsABug) {
  const ClipStore clips = store();
  Loader loader(clips, kCpu, {});
  EXPECT_THROW(loader.begin({{0, 99}}), Error);
  EXPECT_THROW(loader.begin({{}}), Error);
  EXPECT_EQ(all_of(loader, {{0}}).size(), 1u);
}

}  // namespace
}  // namespace vits::data_tests
