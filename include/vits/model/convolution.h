// The convolutions of VITS, with or without weight norm.
//
// Weight norm splits a weight into its length g (an entry for each slice along dimension 0) and its direction v:
// weight = g v / |v|. Checkpoints carry it in the WaveNets alone, as `parametrizations.weight.original0` (g) and
// `original1` (v); training adds it to the decoder and the discriminators; speaking folds it into a plain `weight`. So
// it can be put on and taken off, and the names of the parameters follow.
#pragma once
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

#include "vits/model/finished_layer.h"

namespace vits::model {

enum class WeightNorm { kOff, kOn };

struct ConvolutionShape {
  int64_t in_channels = 1, out_channels = 1, kernel = 1;
  int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
  bool bias = true;
};

// Base of the three below; not built by itself.
class Convolution : public torch::nn::Module, public FinishedLayer {
 public:
  void add_weight_norm();   // g starts as the length of the present weight, so nothing changes but the names
  void fold_weight_norm();  // the product becomes a plain `weight`
  bool has_weight_norm() const { return direction_.defined(); }

  // The weight itself, or g v / |v|, unless finished ones are kept.
  torch::Tensor weight() const;
  const torch::Tensor& bias() const { return kept().empty() ? bias_ : kept()[1]; }
  std::vector<RawWeight> raw_weights() const override;  // weight, bias

  const ConvolutionShape& shape() const { return shape_; }

 protected:
  Convolution(ConvolutionShape shape, const std::vector<int64_t>& weight_sizes, WeightNorm norm);

 private:
  ConvolutionShape shape_;
  torch::Tensor weight_, bias_;       // weight_ undefined under weight norm
  torch::Tensor length_, direction_;  // g, v
};

// [B, in, S] -> [B, out, S']; weight [out, in / groups, kernel]
class Conv1dImpl : public Convolution {
 public:
  explicit Conv1dImpl(ConvolutionShape shape, WeightNorm norm = WeightNorm::kOff);
  torch::Tensor forward(const torch::Tensor& x) const;
};
TORCH_MODULE(Conv1d);

// [B, in, S] -> [B, out, (S - 1) stride + kernel - 2 padding]; weight [in, out, kernel]
class ConvTranspose1dImpl : public Convolution {
 public:
  explicit ConvTranspose1dImpl(ConvolutionShape shape, WeightNorm norm = WeightNorm::kOff);
  torch::Tensor forward(const torch::Tensor& x) const;
};
TORCH_MODULE(ConvTranspose1d);

// [B, in, S, P] -> [B, out, S', P]: the kernel is [kernel, 1] and runs along S only; weight [out, in, kernel, 1]
class FoldedConvImpl : public Convolution {
 public:
  explicit FoldedConvImpl(ConvolutionShape shape, WeightNorm norm = WeightNorm::kOff);
  torch::Tensor forward(const torch::Tensor& x) const;
};
TORCH_MODULE(FoldedConv);

// Every convolution below `module`, itself included.
std::vector<Convolution*> convolutions_of(torch::nn::Module& module);

}  // namespace vits::model
