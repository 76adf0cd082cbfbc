// What the pickle machine builds: a tree of nodes that one arena owns, so that neither depth nor cycles matter when it
// dies.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vits/formats/pickle.h"

namespace vits::formats {

// Elements that tensors are cut from: a record `data/KEY` of the zip form, a stretch at the end of the legacy form.
struct StoragePlace {
  std::string_view key;
  at::ScalarType dtype = at::kFloat;
  int64_t elements = 0;
  at::Tensor bytes;  // flat, filled in when the pickle has been read
};

struct TensorPlace {
  StoragePlace* storage = nullptr;
  int64_t offset = 0;
  std::vector<int64_t> sizes, strides;
};

struct PickleNode {
  PickleValue::Kind kind = PickleValue::Kind::none;
  bool fits = true;  // false of an integer beyond 64 bits
  union {
    int64_t integer = 0;
    double real;
  };
  std::string_view text;                 // of a text, bytes, a name; the class of an object
  std::vector<const PickleNode*> items;  // key, value, key, value, ... in a dictionary or an object
  std::unique_ptr<TensorPlace> place;    // of a tensor
  StoragePlace* storage = nullptr;       // of an object that is a storage
  at::Tensor tensor;
  int32_t height = -1;    // levels below; for the check against cycles
  uint64_t unfolded = 0;  // nodes below when shared parts are counted each time
};

struct PickleTree {
  std::shared_ptr<const void> source;  // the bytes that texts point into
  std::deque<PickleNode> nodes;
  std::deque<std::string> made_names;  // texts that were put together
  std::map<std::string_view, StoragePlace> storages;
  std::vector<PickleNode*> tensors;
  const PickleNode* root = nullptr;
};

enum class Classes { none, torchscript };  // may the file hold objects of `__torch__` classes, as plain attributes?

// A training checkpoint at MMS size has 30,000 values.
inline constexpr size_t kMostPickleValues = 250'000;

// The machine itself: fills the arena and sets its root; gives the bytes consumed. run_pickle() is what others call.
size_t run_opcodes(std::span<const char> bytes, PickleTree& tree, const std::string& file, Classes classes,
                   size_t most_values);

// Reads one pickle from the front of `bytes` into a tree whose tensors still lack their bytes; `consumed` says where it
// ended.
std::shared_ptr<PickleTree> run_pickle(std::span<const char> bytes, std::shared_ptr<const void> source,
                                       const std::string& file, Classes classes, size_t* consumed = nullptr,
                                       size_t most_values = kMostPickleValues);

// Gives every storage its bytes and cuts the tensors. All tensors together may unfold to `file_bytes` four times and 64
// MB.
void cut_tensors(PickleTree& tree, const std::function<at::Tensor(const StoragePlace&)>& bytes_of, uint64_t file_bytes,
                 const std::string& file);

// A handle to the root that keeps the tree alive.
PickleValue root_of(std::shared_ptr<const PickleTree> tree);

}  // namespace vits::formats
