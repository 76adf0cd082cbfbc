#include "torch_archive.h"

#include "mapped_tensor.h"
#include "printable.h"
#include "vits/base/error.h"

namespace vits::formats {

TorchArchive::TorchArchive(const std::filesystem::path& path) : zip_(path) {
  folder_ = zip_.first_name().substr(0, zip_.first_name().find('/') + 1);
  if (!has("data.pkl"))
    throw Error("{} is a zip file but was not written by PyTorch: it has no data.pkl.", path.string());
  if (has("byteorder") && read("byteorder").text() != "little")
    throw Error("{} was written on a big-endian machine; load and save it once with Python on this one.",
                path.string());
}

std::shared_ptr<PickleTree> TorchArchive::read_data(Classes classes) const {
  const std::string file = zip_.path().string();
  const ZipRecord pickle = read("data.pkl");
  auto tree = run_pickle(pickle.bytes, pickle.owner, file, classes);
  const auto bytes_of = [&](const StoragePlace& storage) {
    const ZipRecord record = read("data/" + std::string(storage.key));
    const uint64_t wanted = *tensor_bytes({storage.elements}, storage.dtype);
    if (record.bytes.size() < wanted)
      throw Error("{} is damaged: the record data/{} has {} bytes, {} are expected.", file, printable(storage.key),
                  record.bytes.size(), wanted);
    return tensor_over(record.bytes.first(wanted), record.owner, storage.dtype);
  };
  cut_tensors(*tree, bytes_of, zip_.file_bytes(), file);
  return tree;
}

}  // namespace vits::formats
