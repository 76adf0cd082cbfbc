// The Fourier transform against its definition.
#include "vits/audio/fft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "vits/base/error.h"

namespace {

using vits::audio::RealFft;

TEST(RealFft, EqualsItsDefinitionForEvenLengthsOfAllKinds) {
  std::mt19937 chance(3);
  std::normal_distribution<float> normal;
  for (const size_t samples : {2, 4, 6, 10, 14, 22, 30, 64, 90, 128, 154, 400, 512}) {
    std::vector<float> wave(samples);
    for (float& sample : wave) sample = normal(chance);
    RealFft fft(samples);
    ASSERT_EQ(fft.bins(), samples / 2 + 1);
    std::vector<std::complex<float>> spectrum(fft.bins());
    std::vector<float> power(fft.bins());
    fft.transform(wave, spectrum);
    fft.power(wave, power);
    double worst = 0.0;
    for (size_t k = 0; k<fft.bins(); k += samples> 200 ? 7 : 1) {
      std::complex<double> naive = 0.0;
      for (size_t n = 0; n < samples; ++n)
        naive += static_cast<double>(wave[n])
                 * std::polar(1.0, -2.0 * std::numbers::pi * static_cast<double>(k * n) / static_cast<double>(samples));
      worst = std::max(worst, std::abs(naive - std::complex<double>(spectrum[k])));
      EXPECT_NEAR(power[k], std::norm(naive), 1e-4 * (1 + std::norm(naive)));
    }
    EXPECT_LT(worst, 1e-6 * static_cast<double>(samples) + 2e-5) << samples;
  }
}

TEST(RealFft, RefusesAnOddLength) { EXPECT_THROW(RealFft(15), vits::Error); }

}  // namespace
