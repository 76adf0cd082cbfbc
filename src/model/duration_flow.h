// The invertible steps between noise and durations. Each moves a pair of channels; a spline bends the second one by
// what the first one and the text say, so the two change places with every spline.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "depth_separable.h"
#include "spline.h"
#include "vits/model/convolution.h"
#include "vits/model/vits_config.h"

namespace vits::model {

// Two channels [B, 1, T] each.
struct ChannelPair {
  torch::Tensor first, second;

  torch::Tensor joined() const;  // [B, 2, T]
};

struct Moved {
  ChannelPair pair;               // 0 at padding
  torch::Tensor log_determinant;  // [B]
};

class ElementwiseAffineImpl : public torch::nn::Module {
 public:
  explicit ElementwiseAffineImpl(const VitsConfig& config);
  // x [B, 2, T]
  Moved forward(const torch::Tensor& x, const torch::Tensor& token_mask) const;
  torch::Tensor inverse(const torch::Tensor& x, const torch::Tensor& token_mask) const;

 private:
  torch::Tensor translate_, log_scale_;  // [2, 1]
};
TORCH_MODULE(ElementwiseAffine);

class SplineCouplingImpl : public torch::nn::Module {
 public:
  explicit SplineCouplingImpl(const VitsConfig& config);

  // token_mask [B, 1, T], text [B, H, T]. What was bent comes out first.
  Moved forward(const ChannelPair& pair, const torch::Tensor& token_mask, const torch::Tensor& text);
  ChannelPair inverse(const ChannelPair& pair, const torch::Tensor& token_mask, const torch::Tensor& text);

 private:
  SplineKnots knots(const torch::Tensor& first, const torch::Tensor& token_mask, const torch::Tensor& text);

  double bound_, knot_scale_;
  Conv1d conv_pre_{nullptr}, conv_proj_{nullptr};
  DepthSeparableStack conv_dds_{nullptr};
};
TORCH_MODULE(SplineCoupling);

}  // namespace vits::model
