#include "vits/train/losses.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace vits::train {

LossSums::LossSums(at::Device device)
    : zero_(at::zeros({}, at::TensorOptions(device).dtype(at::kFloat))),
      batch_sums_(at::zeros({static_cast<int64_t>(kLossNames.size())}, zero_.options())),
      update_sums_(at::zeros({3}, zero_.options())) {}

void LossSums::add_batch(const std::array<at::Tensor, kLossNames.size()>& losses) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> row;
  for (const at::Tensor& loss : losses) row.push_back(loss.defined() ? loss.detach() : zero_);
  batch_sums_.add_(at::stack(row));
}

void LossSums::add_update(const at::Tensor& norm_gen, const at::Tensor& norm_disc, const at::Tensor& overflowed) {
  const auto norms = at::stack({norm_gen.defined() ? norm_gen : zero_, norm_disc.defined() ? norm_disc : zero_});
  // The norm of an overflow is no number; it is counted instead.
  update_sums_.narrow(0, 0, 2).add_(at::nan_to_num(norms, 0.0, 0.0, 0.0));
  update_sums_.narrow(0, 2, 1).add_(overflowed);
}

LossMeans LossSums::means() const {
  const std::vector<double> sums = saved();
  LossMeans means{.batches = batches_, .updates = updates_};
  const auto batches = static_cast<double>(std::max<int64_t>(batches_, 1));
  for (size_t i = 0; i < kLossNames.size(); ++i) means.values[i] = sums[i] / batches;
  const double* updates = sums.data() + kLossNames.size();
  means.skipped_updates = std::llround(updates[2]);
  const auto good = static_cast<double>(std::max<int64_t>(updates_ - means.skipped_updates, 1));
  means.gradient_norm_gen = updates[0] / good;
  means.gradient_norm_disc = updates[1] / good;
  return means;
}

LossMeans LossSums::take() {
  const LossMeans means = this->means();
  batch_sums_.zero_();
  update_sums_.zero_();
  batches_ = updates_ = 0;
  return means;
}

std::vector<double> LossSums::saved() const {
  const auto numbers = at::cat({batch_sums_, update_sums_}).to(at::kCPU).to(at::kDouble);
  const double* sums = numbers.const_data_ptr<double>();
  std::vector<double> all(sums, sums + numbers.numel());
  all.push_back(static_cast<double>(batches_));
  all.push_back(static_cast<double>(updates_));
  return all;
}

void LossSums::restore(const std::vector<double>& saved) {
  const auto numbers = at::tensor(saved, at::kDouble).to(batch_sums_.options());
  batch_sums_.copy_(numbers.narrow(0, 0, batch_sums_.numel()));
  update_sums_.copy_(numbers.narrow(0, batch_sums_.numel(), update_sums_.numel()));
  batches_ = static_cast<int64_t>(saved[saved.size() - 2]);
  updates_ = static_cast<int64_t>(saved[saved.size() - 1]);
}

}  // namespace vits::train
