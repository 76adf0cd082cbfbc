// A layer whose weights can be finished before it runs: worked out and rounded together with those of all other layers
// (kept_weights.h). While finished ones are kept they take the place of the layer's own.
#pragma once
#include <torch/nn/module.h>

#include <utility>
#include <vector>

#include "vits/model/weight_norm.h"

namespace vits::model {

class FinishedLayer {
 public:
  virtual ~FinishedLayer() = default;

  // All parameters of the layer itself. An undefined direction stands for one that this layer has not.
  virtual std::vector<RawWeight> raw_weights() const = 0;

  // One for each raw weight, in that order.
  void keep(std::vector<at::Tensor> finished) { kept_ = std::move(finished); }
  void forget() { kept_.clear(); }
  const std::vector<at::Tensor>& kept() const { return kept_; }  // empty when none are kept

 private:
  std::vector<at::Tensor> kept_;
};

// Every such layer in `network`, itself included.
std::vector<FinishedLayer*> finished_layers_of(torch::nn::Module& network);

}  // namespace vits::model
