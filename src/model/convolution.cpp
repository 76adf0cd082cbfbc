#include "vits/model/convolution.h"

#include <ATen/ATen.h>
#include <torch/nn/init.h>

#include <cmath>

#include "half_convolution.h"
#include "vits/model/quick_convolution.h"

namespace vits::model {

namespace {

// Carries the name `parametrizations.weight.original0` that torch.nn.utils.parametrizations.weight_norm gives.
class Parametrization : public torch::nn::Module {
 public:
  Parametrization(torch::Tensor length, torch::Tensor direction) {
    const auto weight = std::make_shared<torch::nn::Module>("weight");
    weight->register_parameter("original0", std::move(length));
    weight->register_parameter("original1", std::move(direction));
    register_module("weight", weight);
  }
};

torch::Tensor length_of(const torch::Tensor& weight) {
  return at::norm_except_dim(weight, 2, 0);  // [dimension 0, 1, ...]
}

}  // namespace

Convolution::Convolution(ConvolutionShape shape, const std::vector<int64_t>& weight_sizes, WeightNorm norm)
    : shape_(shape) {
  weight_ = torch::empty(weight_sizes);
  // PyTorch's own start, so that a network that begins from nothing begins as it would there.
  torch::nn::init::kaiming_uniform_(weight_, std::sqrt(5.0));
  weight_ = register_parameter("weight", weight_);
  if (shape.bias) {
    const double fan_in = static_cast<double>(weight_[0].numel());
    bias_ = register_parameter(
        "bias", torch::empty({shape.out_channels}).uniform_(-1 / std::sqrt(fan_in), 1 / std::sqrt(fan_in)));
  }
  if (norm == WeightNorm::kOn) add_weight_norm();
}

torch::Tensor Convolution::weight() const {
  if (!kept().empty()) return kept()[0];
  return has_weight_norm() ? at::_weight_norm(direction_, length_, 0) : weight_;
}

std::vector<RawWeight> Convolution::raw_weights() const {
  return {{has_weight_norm() ? direction_ : weight_, length_}, {bias_}};
}

void Convolution::add_weight_norm() {
  if (has_weight_norm()) return;
  torch::NoGradGuard no_grad;
  parameters_.erase("weight");
  const bool trained = weight_.requires_grad();
  length_ = length_of(weight_.detach()).set_requires_grad(trained);
  direction_ = weight_.detach().clone().set_requires_grad(trained);
  register_module("parametrizations", std::make_shared<Parametrization>(length_, direction_));
  weight_.reset();
  forget();
}

void Convolution::fold_weight_norm() {
  if (!has_weight_norm()) return;
  torch::NoGradGuard no_grad;
  forget();
  const bool trained = direction_.requires_grad();
  const auto product = weight().detach().clone().set_requires_grad(trained);
  unregister_module("parametrizations");
  length_.reset();
  direction_.reset();
  weight_ = register_parameter("weight", product, trained);
}

Conv1dImpl::Conv1dImpl(ConvolutionShape shape, WeightNorm norm)
    : Convolution(shape, {shape.out_channels, shape.in_channels / shape.groups, shape.kernel}, norm) {}

torch::Tensor Conv1dImpl::forward(const torch::Tensor& x) const {
  const auto filters = weight();
  const QuickShape quick{shape().padding, shape().dilation};
  if (shape().stride == 1 && shape().groups == 1 && suits_quick_convolution(x, filters, quick))
    return quick_convolution(x, filters, bias(), quick);
  if (shape().groups == 1 && suits_half_convolution(x, filters)) return half_convolution(x, filters, bias(), shape());
  if (suits_convolution_by_phases(x, filters, shape())) return convolution_by_phases(x, filters, bias(), shape());
  return at::conv1d(x, filters, bias(), shape().stride, shape().padding, shape().dilation, shape().groups);
}

ConvTranspose1dImpl::ConvTranspose1dImpl(ConvolutionShape shape, WeightNorm norm)
    : Convolution(shape, {shape.in_channels, shape.out_channels, shape.kernel}, norm) {}

torch::Tensor ConvTranspose1dImpl::forward(const torch::Tensor& x) const {
  return at::conv_transpose1d(x, weight(), bias(), shape().stride, shape().padding);
}

FoldedConvImpl::FoldedConvImpl(ConvolutionShape shape, WeightNorm norm)
    : Convolution(shape, {shape.out_channels, shape.in_channels, shape.kernel, 1}, norm) {}

torch::Tensor FoldedConvImpl::forward(const torch::Tensor& x) const {
  const auto filters = weight();
  if (shape().stride == 1) {
    // Samples of one period follow each other a whole row apart: along the unfolded wave that is a dilation.
    const int64_t period = x.size(3);
    const QuickShape quick{shape().padding * period, period};
    const auto wave = x.flatten(2), taps = filters.flatten(2);
    if (suits_quick_convolution(wave, taps, quick))
      return quick_convolution(wave, taps, bias(), quick).unflatten(2, {-1, period});
  }
  if (suits_half_convolution(x, filters)) return half_convolution(x, filters, bias(), shape());
  return at::conv2d(x, filters, bias(), {shape().stride, 1}, {shape().padding, 0});
}

std::vector<Convolution*> convolutions_of(torch::nn::Module& module) {
  std::vector<Convolution*> found;
  module.apply([&](torch::nn::Module& part) {
    if (auto* convolution = dynamic_cast<Convolution*>(&part)) found.push_back(convolution);
  });
  return found;
}

}  // namespace vits::model
