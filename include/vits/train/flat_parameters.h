// The trainable parameters of a network in one buffer and their gradients in another, so that clipping, unscaling, the
// optimiser's step and the average each are one call over one tensor, whatever the network's parts.
//
// The network's parameters become views of the buffer; each begins at a multiple of 64 bytes, where the kernels of a
// CPU run alike in every process. Parameters with requires_grad off stay out: AdamW's decay would move them.
//
// A backward pass leaves each parameter a gradient of its own, and gather() adds all of them to the buffer in one call:
// parameters whose gradients were views of the buffer cost the backward engine an addition each, a thousand a step. A
// pass that fails half way leaves the buffer as it was.
#pragma once
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <string>
#include <vector>

#include "vits/formats/tensor_map.h"

namespace vits::train {

class FlatParameters {
 public:
  explicit FlatParameters(torch::nn::Module& network);

  at::Tensor& values() { return values_; }        // [N] float32, the gaps 0
  at::Tensor& gradients() { return gradients_; }  // [N]

  // Adds what a backward pass left; the parameters are then without gradients.
  void gather();
  void drop_gradients();  // of a backward pass that is not to count

  at::Tensor zeros_like() const;  // another such buffer

  // The parts of such a buffer by the parameters' names; views.
  formats::TensorMap named(const at::Tensor& buffer) const;

  void require_gradients(bool on);  // of all of them

  // Copies tensors of these names into a buffer. Throws Error that names `source` when one is missing or misshapen.
  void fill(at::Tensor& buffer, const formats::TensorMap& tensors, const std::string& source) const;

 private:
  struct Part {
    std::string name;
    at::Tensor parameter;
    int64_t begin = 0;
    at::Tensor gradient;  // its place in the buffer
  };
  at::Tensor place_of(const Part& part, const at::Tensor& buffer) const;

  std::vector<Part> parts_;
  at::Tensor values_, gradients_;
};

}  // namespace vits::train
