#include "vits/train/flat_parameters.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include "vits/base/error.h"
#include "vits/base/parallel.h"

namespace vits::train {

namespace {

constexpr int64_t kAlignment = 16;  // numbers: 64 bytes

int64_t rounded_up(int64_t count) { return (count + kAlignment - 1) / kAlignment * kAlignment; }

void add_on_host(const std::vector<at::Tensor>& sums, const std::vector<at::Tensor>& terms) {
  RECORD_FUNCTION("vits::gather_gradients", c10::ArrayRef<const c10::IValue>{});
  base::for_each_task(static_cast<int64_t>(sums.size()), at::get_num_threads(), [&](int64_t task) {
    const auto which = static_cast<size_t>(task);
    float* const sum = sums[which].mutable_data_ptr<float>();
    const float* const term = terms[which].const_data_ptr<float>();
    for (int64_t i = 0; i < sums[which].numel(); ++i) sum[i] += term[i];
  });
}

}  // namespace

FlatParameters::FlatParameters(torch::nn::Module& network) {
  const at::NoGradGuard no_grad;
  int64_t total = 0;
  at::TensorOptions options;
  for (const auto& parameter : network.named_parameters()) {
    if (!parameter.value().requires_grad()) continue;
    parts_.push_back({parameter.key(), parameter.value(), total, {}});
    options = parameter.value().options();
    total += rounded_up(parameter.value().numel());
  }
  values_ = at::zeros({total}, options);
  gradients_ = at::zeros({total}, options);
  for (Part& part : parts_) {
    const at::Tensor value = place_of(part, values_);
    value.copy_(part.parameter);
    part.parameter.set_data(value);
    part.gradient = place_of(part, gradients_);
  }
}

void FlatParameters::gather() {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> sums, terms;
  for (Part& part : parts_) {
    at::Tensor& left = part.parameter.mutable_grad();
    if (!left.defined()) continue;
    sums.push_back(part.gradient);
    terms.push_back(left.contiguous());
    left.reset();
  }
  if (sums.empty()) return;
  if (gradients_.is_cpu())
    add_on_host(sums, terms);
  else
    at::_foreach_add_(sums, terms);
}

void FlatParameters::drop_gradients() {
  for (Part& part : parts_) part.parameter.mutable_grad().reset();
}

at::Tensor FlatParameters::zeros_like() const { return at::zeros_like(values_); }

formats::TensorMap FlatParameters::named(const at::Tensor& buffer) const {
  formats::TensorMap tensors;
  for (const Part& part : parts_) tensors[part.name] = place_of(part, buffer);
  return tensors;
}

at::Tensor FlatParameters::place_of(const Part& part, const at::Tensor& buffer) const {
  return buffer.narrow(0, part.begin, part.parameter.numel()).view(part.parameter.sizes());
}

void FlatParameters::require_gradients(bool on) {
  for (Part& part : parts_) part.parameter.set_requires_grad(on);
}

void FlatParameters::fill(at::Tensor& buffer, const formats::TensorMap& tensors, const std::string& source) const {
  const at::NoGradGuard no_grad;
  const auto places = named(buffer);
  for (const auto& [name, place] : places) {
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.sizes() != place.sizes())
      throw Error(
          "{} has no tensor {} of the network's shape. Was it made by another network or with other --freeze "
          "patterns? Begin anew with --resume none.",
          source, name);
    place.copy_(found->second);
  }
}

}  // namespace vits::train
