#include "pickle_text.h"

#include <c10/util/strides.h>

#include <bit>

#include "pickle_names.h"

namespace vits::formats {

PickleText& PickleText::text(std::string_view value) {
  text_ += 'X';
  put(static_cast<uint32_t>(value.size()));
  return raw(value);
}

PickleText& PickleText::integer(int64_t value) {
  text_ += "\x8a\x08";  // LONG1 of eight bytes
  put(value);
  return *this;
}

PickleText& PickleText::natural(uint64_t value) {
  text_ += "\x8a\x09";  // a ninth byte, so that the highest bit is no sign
  put(value);
  text_ += '\0';
  return *this;
}

PickleText& PickleText::real(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  text_ += 'G';  // BINFLOAT, the most significant byte first
  for (int shift = 56; shift >= 0; shift -= 8) text_ += static_cast<char>(bits >> shift & 0xFF);
  return *this;
}

PickleText& PickleText::name(std::string_view module, std::string_view name) {
  return raw("c").raw(module).raw("\n").raw(name).raw("\n");
}

PickleText& PickleText::integers(at::IntArrayRef values) {
  raw("(");
  for (const int64_t value : values) integer(value);
  return raw("t");
}

// torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, backward_hooks)
PickleText& PickleText::tensor(const at::Tensor& tensor, size_t key, bool requires_grad) {
  name("torch._utils", "_rebuild_tensor_v2")
      .raw("((")
      .text("storage")
      .name("torch", storage_name(tensor.scalar_type()));
  text(std::to_string(key)).text("cpu").integer(tensor.numel()).raw("tQ");
  integer(0).integers(tensor.sizes()).integers(c10::contiguous_strides(tensor.sizes()));
  return raw(requires_grad ? "\x88" : "\x89").name("collections", "OrderedDict").raw(")R").raw("tR");
}

void add_storages(ZipWriter& zip, const std::string& folder, const std::vector<at::Tensor>& tensors) {
  size_t key = 0;
  for (const auto& tensor : tensors) {
    const at::Tensor plain = tensor.detach().cpu().contiguous();
    zip.add(folder + "data/" + std::to_string(key++),
            std::string_view(static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()));
  }
}

}  // namespace vits::formats
