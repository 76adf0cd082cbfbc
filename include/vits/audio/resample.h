// Another sample rate for the same sound.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vits::audio {

enum class ResampleMethod {
  kPolyphase,  // our own filter: flat to 0.1 dB up to 0.91 of the lower Nyquist frequency, 100 dB down beyond it
  kBestSinc,   // libsamplerate's SRC_SINC_BEST_QUALITY
};

// A stream of samples, piece by piece; the pieces together equal the whole at once, sample for sample. The output has
// ceil(input samples * to / from) samples and no delay.
class Resampler {
 public:
  Resampler(int64_t from_hz, int64_t to_hz, ResampleMethod method = ResampleMethod::kPolyphase);
  ~Resampler();
  Resampler(const Resampler&) = delete;
  Resampler& operator=(const Resampler&) = delete;

  void add(std::span<const float> samples, std::vector<float>& output);  // appends what is ready
  void finish(std::vector<float>& output);                               // appends the rest

 private:
  class Method;
  class Polyphase;
  class Blocks;
  class BestSinc;
  std::unique_ptr<Method> method_;
};

std::vector<float> resample(std::span<const float> samples, int64_t from_hz, int64_t to_hz,
                            ResampleMethod method = ResampleMethod::kPolyphase);

}  // namespace vits::audio
