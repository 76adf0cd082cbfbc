#include "mapped_tensor.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/ne.h>

#include <cstring>
#include <limits>

namespace vits::formats {

std::optional<uint64_t> tensor_bytes(const std::vector<int64_t>& shape, at::ScalarType dtype) {
  // A product of zero would hide an overflow of the other sizes, so zeros count as ones until the end.
  int64_t bytes = static_cast<int64_t>(c10::elementSize(dtype));
  bool empty = false;
  for (const int64_t size : shape) {
    if (size < 0) return std::nullopt;
    empty |= size == 0;
    if (size > 0 && __builtin_mul_overflow(bytes, size, &bytes)) return std::nullopt;
  }
  return empty ? 0 : static_cast<uint64_t>(bytes);
}

at::Tensor tensor_over(std::span<const char> bytes, std::shared_ptr<const void> owner, at::ScalarType dtype) {
  // A bool that is neither 0 nor 1 is undefined behaviour to whoever reads it.
  if (dtype == at::kBool) return tensor_over(bytes, std::move(owner), at::kByte).ne(0);
  const size_t element = c10::elementSize(dtype);
  const auto count = static_cast<int64_t>(bytes.size() / element);
  if (count > 0 && reinterpret_cast<uintptr_t>(bytes.data()) % element == 0)
    return at::from_blob(
        const_cast<char*>(bytes.data()), {count}, [owner = std::move(owner)](void*) {}, at::TensorOptions(dtype));
  at::Tensor copy = at::empty({count}, at::TensorOptions(dtype));
  if (count > 0) std::memcpy(copy.mutable_data_ptr(), bytes.data(), bytes.size());
  return copy;
}

}  // namespace vits::formats
