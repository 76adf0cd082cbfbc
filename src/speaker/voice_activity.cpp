#include "vits/speaker/voice_activity.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "embedded_weights.h"
#include "folded_transform.h"
#include "matrix_kernels.h"

namespace vits::speaker {

namespace {

// The network hears 64 samples of the piece before, the piece, and the piece's last 64 samples mirrored.
constexpr int64_t kPiece = 512, kContext = 64, kHeard = kPiece + 2 * kContext;
constexpr int64_t kFft = 256, kHop = 128, kBins = kFft / 2 + 1, kFrames = (kHeard - kFft) / kHop + 1;
constexpr int64_t kHidden = 128, kGates = 4 * kHidden;

// A convolution whose weights [out, in, 3] are laid out as [out, 3, in], so that the frames under its three taps, one
// after the other in memory, are one column of a product.
struct Convolution {
  int64_t in = 0, out = 0;
  std::vector<float> weights;
  std::span<const float> bias;

  // frames [F, in, kLanes] -> the output [out, kLanes] around the frame `centre`, what lies outside being zero.
  void around(int64_t centre, const float* frames, int64_t frame_count, float* output) const {
    const int64_t first = std::max<int64_t>(centre - 1, 0), end = std::min(centre + 2, frame_count);
    multiply_lanes(weights.data() + (first - (centre - 1)) * in, 3 * in, out, (end - first) * in,
                   frames + first * in * kLanes, bias.data(), output);
    for (int64_t place = 0; place < out * kLanes; ++place) output[place] = std::max(output[place], 0.0f);
  }
};

class SpeechNetwork {
 public:
  SpeechNetwork() {
    std::span<const float> rest = voice_activity_weights();
    const auto take = [&rest](int64_t numbers) {
      const auto taken = rest.first(size_t(numbers));
      rest = rest.subspan(size_t(numbers));
      return taken;
    };
    const auto convolution = [&take](int64_t in, int64_t out) {
      Convolution made{in, out, std::vector<float>(size_t(out * in * 3)), {}};
      const auto weights = take(out * in * 3);
      for (int64_t row = 0; row < out; ++row) {
        for (int64_t channel = 0; channel < in; ++channel) {
          for (int64_t tap = 0; tap < 3; ++tap) {
            made.weights[size_t((row * 3 + tap) * in + channel)] = weights[size_t((row * in + channel) * 3 + tap)];
          }
        }
      }
      made.bias = take(out);
      return made;
    };
    first_ = convolution(kBins, 128);
    second_ = convolution(128, 64);
    third_ = convolution(64, 64);
    fourth_ = convolution(64, kHidden);
    input_weights_ = take(kGates * kHidden);
    const auto recurrent = take(kGates * kHidden);
    for (int64_t gate = 0; gate < kGates; ++gate) {
      for (int64_t unit = 0; unit < kHidden; ++unit) {
        recurrent_weights_[size_t(unit * kGates + gate)] = recurrent[size_t(gate * kHidden + unit)];
      }
    }
    const auto input_bias = take(kGates), recurrent_bias = take(kGates);
    for (size_t gate = 0; gate < gate_bias_.size(); ++gate) gate_bias_[gate] = input_bias[gate] + recurrent_bias[gate];
    speech_weights_ = take(kHidden);
    speech_bias_ = take(1)[0];
  }

  // What the LSTM is given of kLanes pieces: gates [kGates, kLanes]. heard: [kHeard, kLanes].
  void encode(const float* heard, float* gates) const {
    alignas(64) float magnitudes[kFrames * kBins * kLanes], a[kFrames * 128 * kLanes], b[2 * 64 * kLanes];
    for (int64_t frame = 0; frame < kFrames; ++frame) {
      transform_.power(heard + frame * kHop * kLanes, magnitudes + frame * kBins * kLanes);
    }
    for (float& magnitude : magnitudes) magnitude = std::sqrt(magnitude);
    for (int64_t frame = 0; frame < kFrames; ++frame) {
      first_.around(frame, magnitudes, kFrames, a + frame * first_.out * kLanes);
    }
    // The second and third move on by two frames: 4 frames become 2, then 1.
    for (int64_t frame = 0; frame < 2; ++frame) second_.around(2 * frame, a, kFrames, b + frame * second_.out * kLanes);
    third_.around(0, b, 2, a);
    fourth_.around(0, a, 1, b);
    multiply_lanes(input_weights_.data(), kHidden, kGates, kHidden, b, gate_bias_.data(), gates);
  }

  struct State {
    std::array<float, kHidden> hidden{}, cell{};
  };

  // One piece's step of the LSTM, and the chance of speech. gates: [kGates, kLanes], of which one lane is meant.
  float step(const float* gates, int64_t lane, State& state) const {
    alignas(64) float sums[kGates];
    for (int64_t gate = 0; gate < kGates; ++gate) sums[gate] = gates[gate * kLanes + lane];
    multiply_row(state.hidden.data(), kHidden, recurrent_weights_.data(), kGates, sums);
    lstm_cell(sums, kHidden, state.cell.data(), state.hidden.data());
    float speech = speech_bias_;
    for (size_t unit = 0; unit < kHidden; ++unit) speech += speech_weights_[unit] * std::max(state.hidden[unit], 0.0f);
    return 1.0f / (1.0f + std::exp(-speech));
  }

 private:
  FoldedTransform transform_{kFft};
  Convolution first_, second_, third_, fourth_;
  std::span<const float> input_weights_, speech_weights_;
  std::vector<float> recurrent_weights_ = std::vector<float>(kGates * kHidden);  // [kHidden, kGates]
  std::vector<float> gate_bias_ = std::vector<float>(kGates);
  float speech_bias_ = 0.0f;
};

// Pieces first_piece ... first_piece + kLanes - 1 side by side; what lies outside the recording is zero.
void lay_out(std::span<const float> samples, int64_t first_piece, float* heard) {
  const auto total = static_cast<int64_t>(samples.size());
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    const int64_t begin = (first_piece + lane) * kPiece - kContext;
    for (int64_t place = 0; place < kContext + kPiece; ++place) {
      const int64_t sample = begin + place;
      heard[place * kLanes + lane] = sample >= 0 && sample < total ? samples[size_t(sample)] : 0.0f;
    }
    for (int64_t place = 0; place < kContext; ++place) {
      heard[(kContext + kPiece + place) * kLanes + lane] = heard[(kContext + kPiece - 2 - place) * kLanes + lane];
    }
  }
}

}  // namespace

std::vector<float> speech_chances(std::span<const float> samples_16k) {
  static const SpeechNetwork network;
  const int64_t pieces = (static_cast<int64_t>(samples_16k.size()) + kPiece - 1) / kPiece;
  std::vector<float> chances;
  chances.reserve(size_t(pieces));
  std::vector<float> heard(kHeard * kLanes), gates(kGates * kLanes);
  SpeechNetwork::State state;
  for (int64_t first = 0; first < pieces; first += kLanes) {
    lay_out(samples_16k, first, heard.data());
    network.encode(heard.data(), gates.data());
    for (int64_t lane = 0; lane < std::min(kLanes, pieces - first); ++lane) {
      chances.push_back(network.step(gates.data(), lane, state));
    }
  }
  return chances;
}

audio::Span spoken_part(std::span<const float> samples_16k) {
  // As the silero_vad package has it: speech begins at a chance of 0.5 and ends below 0.35. What lasts less than 0.1 s
  // is a click; the package leaves out up to 0.25 s, which a short word ("no") may be.
  constexpr float kBegins = 0.5f, kEnds = 0.35f;
  constexpr int64_t kFewestPieces = 3;
  const std::vector<float> chances = speech_chances(samples_16k);
  const auto pieces = static_cast<int64_t>(chances.size());
  int64_t first = pieces, last = -1, begin = -1;
  for (int64_t piece = 0; piece <= pieces; ++piece) {
    const bool at_end = piece == pieces;
    if (begin < 0 && !at_end && chances[size_t(piece)] >= kBegins) begin = piece;
    if (begin >= 0 && (at_end || chances[size_t(piece)] < kEnds)) {
      if (piece - begin >= kFewestPieces) {
        first = std::min(first, begin);
        last = piece;
      }
      begin = -1;
    }
  }
  if (last < 0) return {};
  // The network is sure of speech one piece after it begins.
  return {std::max<int64_t>(first - 1, 0) * kPiece, std::min((last + 1) * kPiece, int64_t(samples_16k.size()))};
}

bool voice_activity_built_in() { return weights_built_in(); }

}  // namespace vits::speaker
