// Python's torch.save files (pytorch_model.bin, G_*.pth), read as data.
//
// A pickle is a program for a small stack machine that may name any Python function to call. We know a fixed handful of
// names (tensors, OrderedDict, torch.Size and their like) and build what they mean ourselves; any other name is
// refused, and nothing is ever run. The file cannot make us allocate more than it holds: records are mapped, and sizes
// are checked against them.
//
// Tensors may be READ-ONLY views of the mapped file: copy_() them into parameters, or clone() them.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vits/formats/tensor_map.h"

namespace vits::formats {

struct PickleNode;

// A value of the tree that the file holds. Cheap to copy; each copy keeps the whole tree and the mapped file alive. The
// tree has no cycles, is at most 200 deep, and parts that the file shares are shared here too.
class PickleValue {
 public:
  enum class Kind { none, boolean, integer, real, text, bytes, list, tuple, set, dictionary, tensor, name, object };
  using Entry = std::pair<PickleValue, PickleValue>;

  PickleValue() = default;  // none
  explicit PickleValue(std::shared_ptr<const PickleNode> node) : node_(std::move(node)) {}

  Kind kind() const;
  bool is(Kind kind_asked) const { return kind() == kind_asked; }

  // Each throws Error that says what was wanted and what stands there when the kind is another.
  bool boolean() const;
  int64_t integer() const;
  double number() const;          // of an integer or a real
  std::string_view text() const;  // of a text, of bytes, or of a name such as torch.float32; UTF-8 unless bytes
  const at::Tensor& tensor() const;

  size_t size() const;                   // items or entries; 0 of what has none
  PickleValue item(size_t index) const;  // of a list, tuple or set
  std::vector<Entry> entries() const;    // of a dictionary or an object's attributes, in the file's order
  std::optional<PickleValue> find(
      std::string_view key) const;             // none when there is no such key or this is no dictionary
  PickleValue at(std::string_view key) const;  // Error when it is missing

  // The tensors of a dictionary under their names; entries that are not tensors are left out.
  TensorMap tensors() const;

  const PickleNode* node() const { return node_.get(); }  // for this room's own readers

 private:
  std::shared_ptr<const PickleNode> node_;
};

std::string_view name_of(PickleValue::Kind kind);

// Zip form (torch 1.6 and later) or the older form, recognised by content. Throws Error for anything else, and
//   x.pth asks for "os.system", which is not data; nothing of it was run. ...
PickleValue read_torch_file(const std::filesystem::path& path);

// A dictionary of tensors in zip form, as pytorch_model.bin has it: torch.load reads it with weights_only=True and with
// mmap=True. Atomic; no copy of a contiguous CPU tensor is made. Tensors that share memory are written apart.
void write_torch_state(const std::filesystem::path& path, const TensorMap& tensors);

// The same as the original VITS saves it: {"model": tensors, "iteration": ..., "optimizer": None, "learning_rate":
// ...}.
struct TrainingPlace {
  int64_t iteration = 0;
  double learning_rate = 0.0;
};
void write_torch_checkpoint(const std::filesystem::path& path, const TensorMap& tensors, const TrainingPlace& place);

}  // namespace vits::formats
