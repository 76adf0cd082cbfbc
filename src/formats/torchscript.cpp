#include "vits/formats/torchscript.h"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

#include "mapped_tensor.h"
#include "printable.h"
#include "torch_archive.h"
#include "vits/base/error.h"

namespace vits::formats {

namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kExtra = "extra/";
constexpr uint64_t kMostExtraBytes = 64ull << 20;

struct Script {
  explicit Script(const std::filesystem::path& path) : archive(path) {
    if (!archive.has("constants.pkl"))
      throw Error("{} is no TorchScript archive but a file of torch.save, which has weights only.", path.string());
    tree = archive.read_data(Classes::torchscript);
    collect("", root_of(tree));
  }

  // Modules are objects, their parameters and buffers attributes that are tensors. run_pickle() has bounded the depth.
  void collect(const std::string& prefix, const PickleValue& module) {
    for (const auto& [key, value] : module.entries()) {
      if (!key.is(Kind::text)) continue;
      const std::string name = prefix + std::string(key.text());
      if (value.is(Kind::tensor)) tensors.insert_or_assign(name, value);
      if (value.is(Kind::object)) collect(name + ".", value);
    }
  }

  TorchArchive archive;
  std::shared_ptr<PickleTree> tree;
  std::map<std::string, PickleValue> tensors;
};

ExtraFiles extra_files_of(const TorchArchive& archive) {
  ExtraFiles files;
  uint64_t total = 0;
  const std::string folder = archive.folder() + std::string(kExtra);
  for (const auto& [name, entry] : archive.zip().entries()) {
    if (!name.starts_with(folder)) continue;
    if (entry.bytes > kMostExtraBytes - total)
      throw Error("{}: its extra files have more than {} bytes.", archive.zip().path().string(), kMostExtraBytes);
    total += entry.bytes;
    files.emplace(name.substr(folder.size()), archive.zip().read(name).text());
  }
  return files;
}

// The record of one storage with new values laid where its tensors lie.
std::string new_record(const StoragePlace& storage, std::span<const char> old,
                       const std::vector<std::pair<std::string, const PickleNode*>>& tensors,
                       const TensorMap& new_values) {
  std::string bytes(old.begin(), old.end());
  const at::Tensor whole = at::from_blob(bytes.data(), {storage.elements}, at::TensorOptions(storage.dtype));
  const auto over = [&](const PickleNode* node) {
    return whole.as_strided(node->place->sizes, node->place->strides, node->place->offset);
  };
  for (const auto& [name, node] : tensors)
    if (const auto found = new_values.find(name); found != new_values.end()) over(node).copy_(found->second.detach());
  for (const auto& [name, node] : tensors) {
    const auto found = new_values.find(name);
    const at::Tensor wanted = found != new_values.end() ? found->second.detach().cpu() : node->tensor;
    if (!over(node).equal(wanted) && !wanted.isnan().any().item<bool>())
      throw Error("the tensor {} shares memory with another in the TorchScript archive, and their new values differ.",
                  name);
  }
  return bytes;
}

void check_new_values(const Script& script, const TensorMap& new_values, const std::string& file) {
  for (const auto& [name, value] : new_values) {
    const auto found = script.tensors.find(name);
    if (found == script.tensors.end()) throw Error("{} has no tensor {}.", file, name);
    const at::Tensor& old = found->second.tensor();
    if (old.sizes() != value.sizes() || old.scalar_type() != value.scalar_type())
      throw Error("{}: the tensor {} is {} {} there and {} {} here; a TorchScript archive keeps its shapes.", file,
                  name, c10::toString(old.scalar_type()), c10::str(old.sizes()), c10::toString(value.scalar_type()),
                  c10::str(value.sizes()));
  }
}

}  // namespace

TorchScriptArchive read_torchscript(const std::filesystem::path& path) {
  const Script script(path);
  TorchScriptArchive result;
  for (const auto& [name, value] : script.tensors) result.tensors.emplace(name, value.tensor());
  result.extra_files = extra_files_of(script.archive);
  return result;
}

ExtraFiles read_torchscript_extra_files(const std::filesystem::path& path) {
  return extra_files_of(TorchArchive(path));
}

void rewrite_torchscript(const std::filesystem::path& source, const std::filesystem::path& destination,
                         const TensorMap& new_values, const ExtraFiles& extra_files) {
  const Script script(source);
  const TorchArchive& archive = script.archive;
  check_new_values(script, new_values, source.string());

  // Which record holds which tensors, for the records that change.
  std::map<std::string, std::vector<std::pair<std::string, const PickleNode*>>> changed;
  for (const auto& [name, value] : new_values)
    changed[archive.folder() + "data/" + std::string(script.tensors.at(name).node()->place->storage->key)];
  for (const auto& [name, value] : script.tensors) {
    const auto record = changed.find(archive.folder() + "data/" + std::string(value.node()->place->storage->key));
    if (record != changed.end()) record->second.emplace_back(name, value.node());
  }

  // In the order in which they lie in the source: LibTorch takes the archive's name from the first.
  std::vector<std::pair<uint64_t, std::string>> order;
  for (const auto& [name, entry] : archive.zip().entries()) order.emplace_back(entry.header_offset, name);
  std::sort(order.begin(), order.end());

  const std::string extra_folder = archive.folder() + std::string(kExtra);
  ZipWriter zip(destination);
  for (const auto& [offset, name] : order) {
    if (name.starts_with(extra_folder) && extra_files.contains(name.substr(extra_folder.size()))) continue;
    const ZipRecord old = archive.zip().read(name);
    if (const auto found = changed.find(name); found != changed.end())
      zip.add(name, new_record(*found->second.front().second->place->storage, old.bytes, found->second, new_values));
    else
      zip.add(name, old.text());
  }
  for (const auto& [name, text] : extra_files) zip.add(extra_folder + name, text);
  zip.commit();
}

}  // namespace vits::formats
