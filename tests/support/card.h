// For tests that hold a card against the processor: the same numbers on both, and how far what comes of them may be
// apart.
#pragma once
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "support/tensors.h"
#include "vits/model/card.h"

namespace vits::support {

// Empty where none can be computed on.
inline std::optional<at::Device> card() {
  if (!model::card_is_usable()) return {};
  return at::Device(at::kCUDA, 0);
}

// A copy there, a leaf of its own where `tensor` takes a gradient; undefined stays so.
inline at::Tensor copy_on(const at::Device& device, const at::Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  return tensor.detach()
      .to(device, tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true)
      .set_requires_grad(tensor.requires_grad());
}

inline std::vector<at::Tensor> copies_on(const at::Device& device, const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> copies;
  for (const at::Tensor& tensor : tensors) copies.push_back(copy_on(device, tensor));
  return copies;
}

// A few roundings of numbers of this type, as a share of the largest of them.
inline double roundings(at::ScalarType dtype) {
  switch (dtype) {
    case at::kDouble:
      return 1e-12;
    case at::kHalf:
      return 3e-3;
    case at::kBFloat16:
      return 2.4e-2;
    default:
      return 5e-6;
  }
}

// Each as near to its counterpart as the number format lets sums in another order be, and of its type.
inline ::testing::AssertionResult near(const std::vector<at::Tensor>& actual, const std::vector<at::Tensor>& expected,
                                       double tolerance) {
  for (size_t i = 0; i < expected.size(); ++i) {
    if (actual[i].scalar_type() != expected[i].scalar_type())
      return ::testing::AssertionFailure() << "tensor " << i << " is of " << actual[i].scalar_type();
    const double apart = relative_difference(actual[i].cpu(), expected[i].cpu());
    if (!(apart < tolerance))
      return ::testing::AssertionFailure() << "tensor " << i << " is " << apart << " apart, more than " << tolerance;
  }
  return ::testing::AssertionSuccess();
}

}  // namespace vits::support
