#include "pickle_tree.h"

#include <algorithm>

#include "mapped_tensor.h"
#include "vits/base/error.h"

namespace vits::formats {

namespace {

constexpr int32_t kDeepest = 200;
constexpr int32_t kUnvisited = -1, kOpen = -2;
constexpr uint64_t kMostUnfolded = 20'000'000;

// Walks down from the root once, without recursion, so that whoever recurses later need not fear depth, cycles or a
// small file that names the same list twice on each of forty levels.
void check_form(PickleTree& tree, const std::string& file) {
  const auto writable = [](const PickleNode* node) { return const_cast<PickleNode*>(node); };
  std::vector<std::pair<PickleNode*, size_t>> path{{writable(tree.root), 0}};
  path.back().first->height = kOpen;
  while (!path.empty()) {
    auto& [node, next] = path.back();
    if (next < node->items.size()) {
      PickleNode* child = writable(node->items[next++]);
      if (child->height == kOpen) throw Error("{} holds a value that contains itself; such files are not read.", file);
      if (child->height != kUnvisited) continue;
      child->height = kOpen;
      path.emplace_back(child, 0);
      continue;
    }
    int32_t height = 0;
    uint64_t unfolded = 1;
    for (const PickleNode* child : node->items) {
      height = std::max(height, child->height + 1);
      unfolded = std::min(unfolded + child->unfolded, 2 * kMostUnfolded);
    }
    if (height > kDeepest || path.size() > static_cast<size_t>(kDeepest))
      throw Error("{} is nested deeper than {} levels.", file, kDeepest);
    if (unfolded > kMostUnfolded)
      throw Error("{} unfolds to more than {} values; that is no model but a trap.", file, kMostUnfolded);
    node->height = height;
    node->unfolded = unfolded;
    path.pop_back();
  }
}

}  // namespace

std::shared_ptr<PickleTree> run_pickle(std::span<const char> bytes, std::shared_ptr<const void> source,
                                       const std::string& file, Classes classes, size_t* consumed, size_t most_values) {
  auto tree = std::make_shared<PickleTree>();
  tree->source = std::move(source);
  const size_t end = run_opcodes(bytes, *tree, file, classes, most_values);
  if (consumed) *consumed = end;
  check_form(*tree, file);
  return tree;
}

void cut_tensors(PickleTree& tree, const std::function<at::Tensor(const StoragePlace&)>& bytes_of, uint64_t file_bytes,
                 const std::string& file) {
  for (auto& [key, storage] : tree.storages) storage.bytes = bytes_of(storage);
  constexpr uint64_t kFreeUnfolding = 64ull << 20;
  const uint64_t most = kFreeUnfolding + 4 * file_bytes;
  uint64_t total = 0;
  for (PickleNode* node : tree.tensors) {
    const TensorPlace& place = *node->place;
    const uint64_t bytes = *tensor_bytes(place.sizes, place.storage->dtype);
    if (bytes > most - total)
      throw Error(
          "{}: its tensors together would have more than {} bytes, from a file of {}; that is no model but a trap.",
          file, most, file_bytes);
    total += bytes;
    node->tensor = place.storage->bytes.as_strided(place.sizes, place.strides, place.offset);
  }
}

PickleValue root_of(std::shared_ptr<const PickleTree> tree) {
  const PickleNode* root = tree->root;
  return PickleValue(std::shared_ptr<const PickleNode>(std::move(tree), root));
}

}  // namespace vits::formats
