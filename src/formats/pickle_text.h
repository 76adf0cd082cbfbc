// What Python and LibTorch unpickle, written: the opcodes of protocol 2 that our files need. LibTorch's own reader
// takes whole numbers of one length alone, which is the one used here.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vits/formats/zip.h"

namespace vits::formats {

class PickleText {
 public:
  PickleText() : text_("\x80\x02") {}

  PickleText& raw(std::string_view bytes) {
    text_ += bytes;
    return *this;
  }
  PickleText& text(std::string_view value);
  PickleText& integer(int64_t value);
  PickleText& natural(uint64_t value);
  PickleText& real(double value);
  PickleText& name(std::string_view module, std::string_view name);
  PickleText& integers(at::IntArrayRef values);

  // A tensor whose elements, contiguous, are the record data/`key`. Its dtype must have a storage (storage_name()).
  PickleText& tensor(const at::Tensor& tensor, size_t key, bool requires_grad);

  std::string take() { return std::move(text_); }

 private:
  template <class Integer>
  void put(Integer value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  std::string text_;
};

// The records data/0, data/1, ... of these tensors. No copy of a contiguous CPU tensor is made.
void add_storages(ZipWriter& zip, const std::string& folder, const std::vector<at::Tensor>& tensors);

}  // namespace vits::formats
