// Gradient checkpointing: a piece of a network whose activations are not kept for the backward pass but computed again
// when it comes. The memory that they took is free in between; the price is a second forward pass of the piece.
//
// The second pass draws what the first drew (dropout), so the gradients are the same to the bit where the operators
// repeat themselves. It runs without the mixed precision that the caller may have opened: a piece that wants it opens
// its own region.
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace vits::model {

// Takes the inputs, gives the results. Runs a second time long after the call below has returned: it holds what it uses
// (modules by their shared pointers), reads nothing that changes until then, and changes no tensor in place that it did
// not make.
using Piece = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& inputs)>;

// piece(inputs). Gradients flow to `inputs` (undefined ones are passed on as they are) and to `captured`: every tensor
// besides the inputs that the piece uses and that wants a gradient, be it a parameter or something that the caller made
// of parameters; in that case the latter alone, not the parameters behind it. Without a gradient to compute it is a
// plain call.
std::vector<at::Tensor> recomputed(const Piece& piece, const std::vector<at::Tensor>& inputs,
                                   const std::vector<at::Tensor>& captured);

}  // namespace vits::model
