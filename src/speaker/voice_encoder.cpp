#include "vits/speaker/voice_encoder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "embedded_weights.h"
#include "folded_transform.h"
#include "lstm_kernel.h"
#include "matrix_kernels.h"

namespace vits::speaker {

namespace {

constexpr int64_t kSampleRate = 16000, kFftSamples = 400, kHopSamples = 160, kMels = 40;
constexpr int64_t kWindowFrames = 160, kStepFrames = 77, kUnits = 256;  // 1.3 windows a second
constexpr int64_t kLayers = 3;

// Slaney's mel bands from 0 to 8 kHz, each of the same area: [kMels, bins].
std::vector<float> mel_bands(int64_t bins) {
  const auto to_mel = [](double hz) {
    return hz < 1000.0 ? hz * 0.015 : 15.0 + 27.0 * std::log(hz / 1000.0) / std::log(6.4);
  };
  const auto to_hz = [](double mel) { return mel < 15.0 ? mel / 0.015 : 1000.0 * std::pow(6.4, (mel - 15.0) / 27.0); };
  const double highest = to_mel(kSampleRate / 2.0);
  const auto edge = [&](int64_t number) { return to_hz(highest * double(number) / double(kMels + 1)); };
  std::vector<float> bands(size_t(kMels * bins));
  for (int64_t band = 0; band < kMels; ++band) {
    const double low = edge(band), middle = edge(band + 1), high = edge(band + 2);
    for (int64_t bin = 0; bin < bins; ++bin) {
      const double hz = double(bin) * kSampleRate / kFftSamples;
      const double height = std::min((hz - low) / (middle - low), (high - hz) / (high - middle));
      bands[size_t(band * bins + bin)] = float(std::max(height, 0.0) * 2.0 / (high - low));
    }
  }
  return bands;
}

class VoiceNetwork {
 public:
  VoiceNetwork() {
    std::span<const float> rest = voice_encoder_weights();
    const auto take = [&rest](int64_t numbers) {
      const auto taken = rest.first(size_t(numbers));
      rest = rest.subspan(size_t(numbers));
      return taken;
    };
    for (int64_t layer = 0; layer < kLayers; ++layer) {
      const int64_t inputs = layer == 0 ? kMels : kUnits;
      const auto of_input = take(4 * kUnits * inputs), of_hidden = take(4 * kUnits * kUnits);
      const auto input_bias = take(4 * kUnits), hidden_bias = take(4 * kUnits);
      // Rounded upper layers move an embedding by less than 2e-5 in its product with the exact one (1,074 clips). The
      // first layer hears mel powers of all sizes, would add four times as much and is the smallest.
      layers_[size_t(layer)] = lstm_weights(inputs, kUnits, of_input, of_hidden, input_bias, hidden_bias,
                                            layer == 0 ? Precision::kExact : Precision::kRounded);
    }
    linear_ = take(kUnits * kUnits);
    linear_bias_ = take(kUnits);
  }

  // The mel power of each frame, [frames, kMels]; frame f is centred on sample f * kHopSamples, outside is silence.
  std::vector<float> mels(std::span<const float> samples, int64_t frames) const {
    const int64_t bins = transform_.bins();
    std::vector<float> mels(size_t(frames * kMels));
    std::vector<float> heard(kFftSamples * kLanes), power(size_t(bins * kLanes)), lanes(kMels * kLanes);
    for (int64_t first = 0; first < frames; first += kLanes) {
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        const int64_t begin = (first + lane) * kHopSamples - kFftSamples / 2;
        for (int64_t place = 0; place < kFftSamples; ++place) {
          const int64_t sample = begin + place;
          heard[size_t(place * kLanes + lane)] =
              sample >= 0 && sample < int64_t(samples.size()) ? samples[size_t(sample)] : 0.0f;
        }
      }
      transform_.power(heard.data(), power.data());
      multiply_lanes(bands_.data(), bins, kMels, bins, power.data(), nullptr, lanes.data());
      for (int64_t lane = 0; lane < std::min(kLanes, frames - first); ++lane) {
        for (int64_t band = 0; band < kMels; ++band) {
          mels[size_t((first + lane) * kMels + band)] = lanes[size_t(band * kLanes + lane)];
        }
      }
    }
    return mels;
  }

  // At most kSequences windows, each of kWindowFrames * kMels numbers.
  std::vector<Embedding> embed_windows(std::span<const float* const> windows) const {
    std::vector<float> input(kMels * kSequences);
    std::array<std::array<std::vector<float>, 2>, kLayers> hidden;
    std::array<std::vector<float>, kLayers> cell;
    for (size_t layer = 0; layer < kLayers; ++layer) {
      cell[layer].resize(kUnits * kSequences);
      for (auto& state : hidden[layer]) state.resize(kUnits * kSequences);
    }
    for (int64_t frame = 0; frame < kWindowFrames; ++frame) {
      for (size_t window = 0; window < windows.size(); ++window) {
        for (int64_t band = 0; band < kMels; ++band) {
          input[size_t(band * kSequences) + window] = windows[window][frame * kMels + band];
        }
      }
      const float* from_below = input.data();
      const auto now = size_t(frame % 2), next = 1 - now;
      for (size_t layer = 0; layer < kLayers; ++layer) {
        lstm_step(layers_[layer], from_below, hidden[layer][now].data(), cell[layer].data(),
                  hidden[layer][next].data());
        from_below = hidden[layer][next].data();
      }
    }
    const std::vector<float>& last = hidden[kLayers - 1][kWindowFrames % 2];
    std::vector<Embedding> embeddings(windows.size());
    for (size_t window = 0; window < windows.size(); ++window) {
      for (size_t row = 0; row < kUnits; ++row) {
        float sum = linear_bias_[row];
        for (size_t unit = 0; unit < kUnits; ++unit) {
          sum += linear_[row * kUnits + unit] * last[unit * kSequences + window];
        }
        embeddings[window][row] = std::max(sum, 0.0f);
      }
      scale_to_one(embeddings[window]);
    }
    return embeddings;
  }

  static void scale_to_one(Embedding& embedding) {
    const double length = std::sqrt(similarity(embedding, embedding));
    if (length > 0.0) {
      for (float& number : embedding) number = float(number / length);
    }
  }

 private:
  FoldedTransform transform_{kFftSamples};
  std::vector<float> bands_ = mel_bands(transform_.bins());
  std::array<LstmWeights, kLayers> layers_;
  std::span<const float> linear_, linear_bias_;
};

// The frame in which each window begins. The last window is kept if sound covers three quarters of it.
std::vector<int64_t> window_begins(int64_t samples) {
  const int64_t frames = (samples + kHopSamples) / kHopSamples;
  std::vector<int64_t> begins;
  for (int64_t begin = 0; begin < std::max<int64_t>(1, frames - kWindowFrames + kStepFrames + 1);
       begin += kStepFrames) {
    begins.push_back(begin);
  }
  const double covered = double(samples - begins.back() * kHopSamples) / double(kWindowFrames * kHopSamples);
  if (covered < 0.75 && begins.size() > 1) begins.pop_back();
  return begins;
}

}  // namespace

void set_volume(std::span<float> samples) {
  constexpr double kWanted = 0.031622776601683794;  // -30 dB
  double squares = 0.0;
  for (const float sample : samples) squares += double(sample) * sample;
  const double level = std::sqrt(squares / double(std::max<size_t>(samples.size(), 1)));
  if (level <= 0.0) return;
  for (float& sample : samples) sample = float(sample * (kWanted / level));
}

std::vector<Embedding> embed(std::span<const std::vector<float>> sounds_16k) {
  static const VoiceNetwork network;
  struct Waiting {
    size_t sound;
    const float* mels;
  };
  std::vector<std::vector<float>> mels(sounds_16k.size());
  std::vector<Waiting> waiting;
  for (size_t sound = 0; sound < sounds_16k.size(); ++sound) {
    const std::vector<int64_t> begins = window_begins(int64_t(sounds_16k[sound].size()));
    mels[sound] = network.mels(sounds_16k[sound], begins.back() + kWindowFrames);
    for (const int64_t begin : begins) waiting.push_back({sound, mels[sound].data() + begin * kMels});
  }

  std::vector<Embedding> embeddings(sounds_16k.size(), Embedding{});
  for (size_t first = 0; first < waiting.size(); first += kSequences) {
    const size_t count = std::min<size_t>(kSequences, waiting.size() - first);
    std::array<const float*, kSequences> windows;
    for (size_t window = 0; window < count; ++window) windows[window] = waiting[first + window].mels;
    const std::vector<Embedding> found = network.embed_windows(std::span(windows).first(count));
    for (size_t window = 0; window < count; ++window) {
      Embedding& sum = embeddings[waiting[first + window].sound];
      for (size_t number = 0; number < sum.size(); ++number) sum[number] += found[window][number];
    }
  }
  for (Embedding& embedding : embeddings) VoiceNetwork::scale_to_one(embedding);
  return embeddings;
}

double similarity(const Embedding& a, const Embedding& b) {
  double sum = 0.0;
  for (size_t number = 0; number < a.size(); ++number) sum += double(a[number]) * b[number];
  return sum;
}

}  // namespace vits::speaker
