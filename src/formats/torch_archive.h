// The zip form that torch.save and torch.jit.save share: one folder with data.pkl, the tensors' bytes in data/0,
// data/1, ... and small records that say how it was written.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "pickle_tree.h"
#include "vits/formats/zip.h"

namespace vits::formats {

class TorchArchive {
 public:
  explicit TorchArchive(const std::filesystem::path& path);

  bool has(std::string_view record) const { return zip_.has(folder_ + std::string(record)); }
  ZipRecord read(std::string_view record) const { return zip_.read(folder_ + std::string(record)); }
  const ZipReader& zip() const { return zip_; }
  const std::string& folder() const { return folder_; }  // with its slash; what all record names begin with

  // data.pkl with its tensors over the records data/*.
  std::shared_ptr<PickleTree> read_data(Classes classes) const;

 private:
  ZipReader zip_;
  std::string folder_;
};

}  // namespace vits::formats
