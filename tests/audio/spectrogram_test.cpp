#include "vits/audio/spectrogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "support/support.h"
#include "support/tensors.h"

namespace vits::audio {
namespace {

using support::difference;

std::map<std::string, at::Tensor> reference() {
  return support::read_tensors(support::reference_data("spectrogram", "tests/audio/spectrogram_reference.py", {})
                               / "sound.safetensors");
}

TEST(Spectrogram, EqualsTheReference) {
  const auto expected = reference();
  const auto actual = spectrogram(expected.at("wave"));
  EXPECT_LT(difference(actual, expected.at("spectrogram")), 1e-5);
}

TEST(Spectrogram, IsThePlainFourierSum) {
  at::manual_seed(1);
  const auto wave = at::rand({1, 2048}, at::kDouble) - 0.5;
  const auto actual = spectrogram(wave);
  ASSERT_EQ(actual.sizes(), at::IntArrayRef({1, 513, 8}));
  const auto sample = [&](int64_t at) {  // mirrored at both ends
    if (at < 0) at = -at;
    if (at >= 2048) at = 2 * 2047 - at;
    return wave[0][at].item<double>();
  };
  for (const int64_t frame : {0, 3, 7}) {
    for (const int64_t bin : {0, 17, 512}) {
      double real = 0, imaginary = 0;
      for (int64_t i = 0; i < 1024; ++i) {
        const double turn = 2 * std::numbers::pi * static_cast<double>(i) / 1024;
        const double value = (0.5 - 0.5 * std::cos(turn)) * sample(frame * 256 - 384 + i);
        real += value * std::cos(turn * static_cast<double>(bin));
        imaginary -= value * std::sin(turn * static_cast<double>(bin));
      }
      EXPECT_NEAR(actual[0][bin][frame].item<double>(), std::sqrt(real * real + imaginary * imaginary + 1e-6), 1e-9);
    }
  }
}

TEST(Spectrogram, OfAnotherHopHasThatManyFrames) {
  const SpectrogramShape shape{.fft_samples = 2048, .hop_samples = 512};
  EXPECT_EQ(spectrogram(at::zeros({2, 5 * 512 + 100}), shape).sizes(), at::IntArrayRef({2, 1025, 5}));
}

TEST(MelBank, EqualsTransformersFloatForFloat) {
  const auto expected = reference();
  for (const int64_t rate : {8000, 16000, 22050, 44100})
    EXPECT_TRUE(mel_bank(rate).equal(expected.at("bank." + std::to_string(rate)))) << rate;
  EXPECT_TRUE(mel_bank(44100, {.fft_samples = 2048, .hop_samples = 512}).equal(expected.at("bank.wide")));
}

TEST(LogMel, EqualsTheReference) {
  const auto expected = reference();
  for (const int64_t rate : {8000, 16000, 22050, 44100})
    EXPECT_LT(difference(log_mel(spectrogram(expected.at("wave")), mel_bank(rate)),
                         expected.at("mel." + std::to_string(rate))),
              1e-5)
        << rate;
}

TEST(LogMel, HasAFiniteGradientAtSilence) {
  const auto wave = at::zeros({1, 2048}).set_requires_grad(true);
  log_mel(spectrogram(wave), mel_bank(16000)).sum().backward();
  EXPECT_TRUE(wave.grad().isfinite().all().item<bool>());
}

}  // namespace
}  // namespace vits::audio
