// Plain data as Python's torch.save takes it, put together here to be written: dictionaries, lists, texts, numbers,
// None and tensors.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "vits/formats/json.h"
#include "vits/formats/pickle.h"
#include "vits/formats/tensor_map.h"

namespace vits::formats {

struct TorchTree {
  struct Entry;
  using List = std::vector<TorchTree>;
  using Dictionary = std::vector<Entry>;

  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, at::Tensor, List, Dictionary> value;
};

struct TorchTree::Entry {
  std::string name;
  TorchTree tree;
};

// A dictionary.
TorchTree tree_of(const TensorMap& tensors);

// The Python values that json.loads would give of its text: a number that is not finite is None.
TorchTree tree_of(const Json& json);

// The reverse, of what was read. Throws Error when the value holds what JSON has no word for: a tensor, bytes, a key
// that is no text, a whole number beyond 64 bits.
Json json_of(const PickleValue& value);

using TorchRecords = std::map<std::string, std::string>;  // bytes by name, such as facts.json

// What torch.load(path, weights_only=True) gives back, with mmap=True too. Atomic. A tensor is written with a storage
// of its own that holds only its elements, whatever it is a view of; no copy of a contiguous CPU tensor is made.
// `records` stand in the zip file as archive/NAME; Python does not look at them.
//
// Throws Error when a text or a name is not UTF-8, a tensor's dtype has no storage in torch, or writing fails.
void write_torch_file(const std::filesystem::path& path, const TorchTree& tree, const TorchRecords& records = {});

}  // namespace vits::formats
