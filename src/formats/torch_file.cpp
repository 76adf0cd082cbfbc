#include <cstring>

#include "mapped_tensor.h"
#include "printable.h"
#include "torch_archive.h"
#include "vits/base/error.h"
#include "vits/base/mapped_file.h"
#include "vits/formats/file_kind.h"
#include "vits/formats/pickle.h"

namespace vits::formats {

namespace {

constexpr int64_t kLegacyProtocol = 1001;
constexpr size_t kMostSmallValues = 25'000;  // of the pickles around the object; the longest lists the storages

// Five pickles in a row (a magic number, the protocol, the system, the object, the keys of its storages), then each
// storage's number of elements and bytes, in the order of the keys.
PickleValue read_legacy(const std::filesystem::path& path) {
  const auto mapped = std::make_shared<base::MappedFile>(path);
  const std::string file = path.string();
  auto rest = mapped->bytes();
  const auto next = [&](size_t most_values = kMostSmallValues) {
    size_t consumed = 0;
    auto tree = run_pickle(rest, mapped, file, Classes::none, &consumed, most_values);
    rest = rest.subspan(consumed);
    return tree;
  };
  next();
  const PickleValue protocol = root_of(next()), system = root_of(next());
  if (protocol.integer() != kLegacyProtocol)
    throw Error("{} has the version {} of its form, which is not known.", file, protocol.integer());
  if (const auto little = system.find("little_endian"); little && !little->boolean())
    throw Error("{} was written on a big-endian machine; load and save it once with Python on this one.", file);
  const auto tree = next(kMostPickleValues);
  const PickleValue keys = root_of(next());

  std::map<std::string_view, std::span<const char>> stored;
  for (size_t i = 0; i < keys.size(); ++i) {
    const std::string_view key = keys.item(i).text();
    const auto place = tree->storages.find(key);
    if (place == tree->storages.end()) throw Error("{} is damaged: nothing uses its storage {}.", file, printable(key));
    const StoragePlace& storage = place->second;
    int64_t elements = 0;
    if (rest.size() < sizeof elements)
      throw Error("{} is cut short within its tensors. Copy or download it again.", file);
    std::memcpy(&elements, rest.data(), sizeof elements);
    rest = rest.subspan(sizeof elements);
    const uint64_t bytes = *tensor_bytes({storage.elements}, storage.dtype);
    if (elements != storage.elements)
      throw Error("{} is damaged: its storage {} has {} elements, {} are expected.", file, printable(key), elements,
                  storage.elements);
    if (bytes > rest.size()) throw Error("{} is cut short within its tensors. Copy or download it again.", file);
    stored[key] = rest.first(bytes);
    rest = rest.subspan(bytes);
  }
  const auto bytes_of = [&](const StoragePlace& storage) {
    const auto found = stored.find(storage.key);
    if (found == stored.end()) throw Error("{} is damaged: its storage {} is missing.", file, printable(storage.key));
    return tensor_over(found->second, mapped, storage.dtype);
  };
  cut_tensors(*tree, bytes_of, mapped->bytes().size(), file);
  return root_of(tree);
}

}  // namespace

PickleValue read_torch_file(const std::filesystem::path& path) {
  const FileKind kind = file_kind(path);
  if (kind == FileKind::torch_zip) return root_of(TorchArchive(path).read_data(Classes::none));
  if (kind == FileKind::torch_legacy) return read_legacy(path);
  throw Error("{} was not written by torch.save: it is a {}.", path.string(), name_of(kind));
}

}  // namespace vits::formats
