// Tensors over bytes that a file holds.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace vits::formats {

// Bytes of a contiguous tensor; nothing when a size is negative or the product does not fit 63 bits.
std::optional<uint64_t> tensor_bytes(const std::vector<int64_t>& shape, at::ScalarType dtype);

// A flat tensor of all elements in `bytes` (a multiple of the element's size), which `owner` keeps alive. A view where
// the bytes lie aligned for the element, otherwise a copy.
at::Tensor tensor_over(std::span<const char> bytes, std::shared_ptr<const void> owner, at::ScalarType dtype);

}  // namespace vits::formats
