// The names that a pickle may ask for. Whatever stands not here is refused.
#pragma once
#include <ATen/core/Tensor.h>

#include <string_view>

namespace vits::formats {

enum class PickleName {
  rebuild_tensor,     // (storage, offset, sizes, strides, ...) -> tensor
  rebuild_parameter,  // (tensor, ...) -> tensor
  ordered_dict,       // () or (pairs,) -> dictionary
  default_dict,       // (factory,) -> dictionary
  same_tuple,         // (items,) -> tuple: torch.Size
  same_list,          // (items,) -> list: TorchScript's typed lists
  set,                // (items,) -> set
  encoded_bytes,      // (text, "latin1") -> bytes
  device,             // ("cuda", 0) -> text
  first_argument,     // (value, type) -> value: TorchScript's type tags
  storage,            // names the element type of a storage
  plain_name          // a dtype or a built-in type, as a value: nothing is called
};

struct KnownName {
  std::string_view name;  // "torch.FloatStorage"
  PickleName meaning;
  at::ScalarType dtype = at::kFloat;  // of a storage
  bool torchscript_only = false;
};

// Nothing when the name is not known.
const KnownName* find_known_name(std::string_view name);

// "FloatStorage" for kFloat; empty when torch has no typed storage for it.
std::string_view storage_name(at::ScalarType dtype);

}  // namespace vits::formats
