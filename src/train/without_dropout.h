#pragma once
#include <torch/nn/module.h>

namespace vits::train {

// A network without dropout for a while, and then as it was before, whatever happened meanwhile.
class WithoutDropout {
 public:
  explicit WithoutDropout(torch::nn::Module& network) : network_(network), was_training_(network.is_training()) {
    network_.eval();
  }
  ~WithoutDropout() { network_.train(was_training_); }
  WithoutDropout(const WithoutDropout&) = delete;
  WithoutDropout& operator=(const WithoutDropout&) = delete;

 private:
  torch::nn::Module& network_;
  bool was_training_;
};

}  // namespace vits::train
