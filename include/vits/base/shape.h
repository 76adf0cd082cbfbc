// Tensors say their shape in one alphabet: B batch, T text tokens, F frames, S audio samples, C channels, M mel bands,
// K frequency bins, H heads or hidden channels, N speakers. A check turns such a comment into a promise.
#pragma once
#include <ATen/core/Tensor.h>

#include <string_view>

namespace vits::base {

// `shape` lists the dimensions: a letter (any size, but the same letter twice must be the same size) or a number.
//   check_shape(mask, "B 1 F", "frame mask");
// Throws c10::Error (a bug of ours, not of the person at the terminal) whose text says what was expected and what came.
void check_shape(const at::Tensor& tensor, std::string_view shape, std::string_view what);

}  // namespace vits::base
