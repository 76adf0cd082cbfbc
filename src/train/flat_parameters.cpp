#include "vits/train/flat_parameters.h"

#include <ATen/ATen.h>

#include "vits/base/error.h"

namespace vits::train {

namespace {

constexpr int64_t kAlignment = 16;  // numbers: 64 bytes

int64_t rounded_up(int64_t count) { return (count + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

FlatParameters::FlatParameters(torch::nn::Module& network) {
  const at::NoGradGuard no_grad;
  int64_t total = 0;
  at::TensorOptions options;
  for (const auto& parameter : network.named_parameters()) {
    if (!parameter.value().requires_grad()) continue;
    parts_.push_back({parameter.key(), parameter.value(), total});
    options = parameter.value().options();
    total += rounded_up(parameter.value().numel());
  }
  values_ = at::zeros({total}, options);
  gradients_ = at::zeros({total}, options);
  const auto values = named(values_), gradients = named(gradients_);
  for (Part& part : parts_) {
    const at::Tensor& value = values.at(part.name);
    value.copy_(part.parameter);
    part.parameter.set_data(value);
    part.parameter.mutable_grad() = gradients.at(part.name);
  }
}

at::Tensor FlatParameters::zeros_like() const { return at::zeros_like(values_); }

formats::TensorMap FlatParameters::named(const at::Tensor& buffer) const {
  formats::TensorMap tensors;
  for (const Part& part : parts_)
    tensors[part.name] = buffer.narrow(0, part.begin, part.parameter.numel()).view(part.parameter.sizes());
  return tensors;
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
