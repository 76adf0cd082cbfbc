#include "vits/audio/resample.h"

#include <samplerate.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "block_resampler.h"
#include "filter_bank.h"
#include "vits/base/error.h"

namespace vits::audio {

class Resampler::Method {
 public:
  virtual ~Method() = default;
  virtual void add(std::span<const float> samples, std::vector<float>& output) = 0;
  virtual void finish(std::vector<float>& output) = 0;
};

// Output n lies at the input place n * down / up. Outputs that lie equally far behind an input sample share a row of
// the bank and are made together, row by row, which keeps the row in the processor.
class Resampler::Polyphase : public Resampler::Method {
 public:
  Polyphase(int64_t from_hz, int64_t to_hz) : bank_(filter_bank(from_hz, to_hz)), held_(bank_->reach(), 0.0f) {
    held_begin_ = -bank_->reach();
  }

  void add(std::span<const float> samples, std::vector<float>& output) override {
    while (!samples.empty()) {
      const auto piece = samples.first(std::min<size_t>(samples.size(), kPiece));
      held_.insert(held_.end(), piece.begin(), piece.end());
      received_ += static_cast<int64_t>(piece.size());
      samples = samples.subspan(piece.size());
      // The last input sample that output n needs is floor(n * down / up) + taps - 1 - reach.
      const int64_t places = received_ - (bank_->taps - 1 - bank_->reach());
      if (places > 0) make_until(outputs_before(places), output);
    }
  }

  void finish(std::vector<float>& output) override {
    held_.insert(held_.end(), bank_->taps, 0.0f);
    make_until(outputs_before(received_), output);
  }

 private:
  static constexpr size_t kPiece = 1 << 15;

  // How many outputs lie before the input place `place`.
  int64_t outputs_before(int64_t place) const { return (place * bank_->up + bank_->down - 1) / bank_->down; }

  void make_until(int64_t end, std::vector<float>& output) {
    const int64_t begin = made_, count = end - begin;
    if (count <= 0) return;
    const size_t at = output.size();
    output.resize(at + count);
    float* const out = output.data() + at;
    if (bank_->interpolated)
      for (int64_t n = begin; n < end; ++n) out[n - begin] = between_rows(n);
    else
      for (int64_t first = begin; first < std::min(end, begin + bank_->up); ++first) make_row(first, end, begin, out);
    made_ = end;
    drop_until(made_ * bank_->down / bank_->up - bank_->reach());
  }

  const float* input_of(int64_t place) const { return held_.data() + (place - bank_->reach() - held_begin_); }

  // Outputs first, first + up, first + 2 up ...: their places are `down` input samples apart.
  void make_row(int64_t first, int64_t end, int64_t begin, float* out) {
    const int64_t place = first * bank_->down / bank_->up, phase = first * bank_->down % bank_->up;
    const int64_t count = (end - first + bank_->up - 1) / bank_->up;
    row_.resize(count);
    weigh(bank_->row(phase), bank_->taps, input_of(place), bank_->down, count, row_.data());
    for (int64_t i = 0; i < count; ++i) out[first - begin + i * bank_->up] = row_[i];
  }

  float between_rows(int64_t n) const {
    const int64_t place = n * bank_->down / bank_->up, rest = n * bank_->down % bank_->up;
    const double phase = static_cast<double>(rest * bank_->phases) / static_cast<double>(bank_->up);
    const auto row = std::min(static_cast<int64_t>(phase), bank_->phases - 1);
    float sums[2];
    for (int i = 0; i < 2; ++i) weigh(bank_->row(row + i), bank_->taps, input_of(place), 0, 1, &sums[i]);
    return sums[0] + static_cast<float>(phase - static_cast<double>(row)) * (sums[1] - sums[0]);
  }

  void drop_until(int64_t place) {
    const int64_t count = std::clamp<int64_t>(place - held_begin_, 0, static_cast<int64_t>(held_.size()));
    held_.erase(held_.begin(), held_.begin() + count);
    held_begin_ += count;
  }

  std::shared_ptr<const FilterBank> bank_;
  std::vector<float> held_, row_;
  int64_t held_begin_ = 0;  // the place of held_[0]; before 0 lies silence
  int64_t received_ = 0, made_ = 0;
};

class Resampler::Blocks : public Resampler::Method {
 public:
  explicit Blocks(std::shared_ptr<const BlockPlan> plan) : resampler_(std::move(plan)) {}
  void add(std::span<const float> samples, std::vector<float>& output) override { resampler_.add(samples, output); }
  void finish(std::vector<float>& output) override { resampler_.finish(output); }

 private:
  BlockResampler resampler_;
};

class Resampler::BestSinc : public Resampler::Method {
 public:
  BestSinc(int64_t from_hz, int64_t to_hz) : from_(from_hz), to_(to_hz) {
    int error = 0;
    state_ = src_new(SRC_SINC_BEST_QUALITY, 1, &error);
    if (!state_) throw Error("libsamplerate cannot start: {}.", src_strerror(error));
  }
  ~BestSinc() override { src_delete(state_); }

  void add(std::span<const float> samples, std::vector<float>& output) override {
    received_ += static_cast<int64_t>(samples.size());
    process(samples, false, output);
  }

  void finish(std::vector<float>& output) override {
    process({}, true, output);
    // libsamplerate rounds the length its own way.
    const int64_t wanted = (received_ * to_ + from_ - 1) / from_;
    output.resize(output.size() + (wanted - made_), 0.0f);
  }

 private:
  void process(std::span<const float> samples, bool last, std::vector<float>& output) {
    const double ratio = static_cast<double>(to_) / static_cast<double>(from_);
    static constexpr float kNothing = 0.0f;
    SRC_DATA work{};
    work.src_ratio = ratio;
    work.end_of_input = last;
    size_t used = 0;
    for (;;) {
      const size_t at = output.size(), room = 4096;
      output.resize(at + room);
      work.data_in = used < samples.size() ? samples.data() + used : &kNothing;
      work.input_frames = static_cast<long>(samples.size() - used);
      work.data_out = output.data() + at;
      work.output_frames = static_cast<long>(room);
      if (const int error = src_process(state_, &work)) throw Error("libsamplerate: {}.", src_strerror(error));
      used += static_cast<size_t>(work.input_frames_used);
      output.resize(at + static_cast<size_t>(work.output_frames_gen));
      made_ += work.output_frames_gen;
      if (work.output_frames_gen == 0 && (work.input_frames_used == 0 || used == samples.size())) return;
    }
  }

  int64_t from_, to_;
  SRC_STATE* state_ = nullptr;
  int64_t received_ = 0, made_ = 0;
};

Resampler::Resampler(int64_t from_hz, int64_t to_hz, ResampleMethod method) {
  if (from_hz < 1 || to_hz < 1) throw Error("cannot resample from {} Hz to {} Hz.", from_hz, to_hz);
  if (from_hz == to_hz) return;
  if (method == ResampleMethod::kBestSinc)
    method_ = std::make_unique<BestSinc>(from_hz, to_hz);
  else if (auto plan = block_plan(from_hz, to_hz))
    method_ = std::make_unique<Blocks>(std::move(plan));
  else
    method_ = std::make_unique<Polyphase>(from_hz, to_hz);
}

Resampler::~Resampler() = default;

void Resampler::add(std::span<const float> samples, std::vector<float>& output) {
  if (method_)
    method_->add(samples, output);
  else
    output.insert(output.end(), samples.begin(), samples.end());
}

void Resampler::finish(std::vector<float>& output) {
  if (method_) method_->finish(output);
}

std::vector<float> resample(std::span<const float> samples, int64_t from_hz, int64_t to_hz, ResampleMethod method) {
  Resampler resampler(from_hz, to_hz, method);
  std::vector<float> output;
  output.reserve(samples.size() * to_hz / from_hz + 1);
  resampler.add(samples, output);
  resampler.finish(output);
  return output;
}

}  // namespace vits::audio
