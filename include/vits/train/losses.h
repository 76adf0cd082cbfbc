// What a step was worth, as a row of numbers that stays on the device until somebody asks.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace vits::train {

enum class Loss { kTotal, kMel, kKl, kDuration, kGen, kFmap, kDisc, kDiscReal, kDiscFake };
inline constexpr std::array<std::string_view, 9> kLossNames = {"total", "mel",  "kl",        "duration", "gen",
                                                               "fmap",  "disc", "disc_real", "disc_fake"};

struct LossMeans {
  std::array<double, kLossNames.size()> values{};  // unweighted but for the total
  double gradient_norm_gen = 0.0, gradient_norm_disc = 0.0;
  int64_t batches = 0, updates = 0, skipped_updates = 0;

  double operator[](Loss loss) const { return values[static_cast<size_t>(loss)]; }
};

// Adds up on the device; one copy to the host gives the means.
class LossSums {
 public:
  explicit LossSums(at::Device device);

  // Scalars in the order of Loss; undefined ones count as 0.
  void add_batch(const std::array<at::Tensor, kLossNames.size()>& losses);
  void add_update(const at::Tensor& norm_gen, const at::Tensor& norm_disc, const at::Tensor& overflowed);

  // The host's part, apart from the device's: a step that a graph repeats is added there and counted here.
  void count(bool updated) {
    ++batches_;
    if (updated) ++updates_;
  }

  int64_t batches() const { return batches_; }  // since the last take()
  LossMeans means() const;                      // waits for the device
  LossMeans take();                             // begins anew

  // All sums and counts, and back.
  std::vector<double> saved() const;
  void restore(const std::vector<double>& saved);

 private:
  at::Tensor zero_;
  at::Tensor batch_sums_, update_sums_;  // [9], [3]
  int64_t batches_ = 0, updates_ = 0;
};

}  // namespace vits::train
