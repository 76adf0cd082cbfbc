// The low pass between two sample rates as a table: for every place between two input samples that an output may have,
// the weights of the input samples around it.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

namespace vits::audio {

struct FilterBank {
  int64_t up = 0, down = 0;  // to : from in lowest terms
  int64_t phases = 0;        // places between two input samples: `up`, or fewer when they are interpolated
  int64_t taps = 0;          // of each, a multiple of kTapStep
  bool interpolated = false;
  std::vector<float> weights;  // [phases (+ 1 when interpolated), taps]

  const float* row(int64_t phase) const { return weights.data() + phase * taps; }
  // Input samples before an output's place that its first weight belongs to.
  int64_t reach() const { return taps / 2 - 1; }
};

constexpr int64_t kTapStep = 16;

// Made once for each ratio and kept. Safe from several threads.
std::shared_ptr<const FilterBank> filter_bank(int64_t from_hz, int64_t to_hz);

// The weights of an output that lies on an input sample: of that one, of the next on either side, ... `up` and `down`
// are in lowest terms.
std::vector<double> central_row(int64_t up, int64_t down);

// out[i] = sum over the taps of weights * in[i * step + tap], for `outputs` places that share their weights. The same
// sums in the same order on every processor, for one output or many.
void weigh(const float* weights, int64_t taps, const float* in, int64_t step, int64_t outputs, float* out);

}  // namespace vits::audio
