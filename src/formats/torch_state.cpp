#include <c10/util/strides.h>

#include <bit>

#include "pickle_names.h"
#include "printable.h"
#include "vits/base/error.h"
#include "vits/formats/pickle.h"
#include "vits/formats/zip.h"

namespace vits::formats {

namespace {

// The opcodes of protocol 2 that a dictionary of tensors needs.
class PickleText {
 public:
  PickleText& raw(std::string_view bytes) {
    text_ += bytes;
    return *this;
  }
  PickleText& text(std::string_view value) {
    text_ += 'X';
    put(static_cast<uint32_t>(value.size()));
    return raw(value);
  }
  PickleText& integer(int64_t value) {
    text_ += "\x8a\x08";  // LONG1 of eight bytes
    put(value);
    return *this;
  }
  PickleText& real(double value) {
    const auto bits = std::bit_cast<uint64_t>(value);
    text_ += 'G';  // BINFLOAT, the most significant byte first
    for (int shift = 56; shift >= 0; shift -= 8) text_ += static_cast<char>(bits >> shift & 0xFF);
    return *this;
  }
  PickleText& name(std::string_view module, std::string_view name) {
    return raw("c").raw(module).raw("\n").raw(name).raw("\n");
  }
  PickleText& integers(at::IntArrayRef values) {
    raw("(");
    for (const int64_t value : values) integer(value);
    return raw("t");
  }
  std::string take() { return std::move(text_); }

 private:
  template <class Integer>
  void put(Integer value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  std::string text_;
};

// torch._utils._rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, backward_hooks)
void put_tensor(PickleText& pickle, const std::string& name, const at::Tensor& tensor, size_t key) {
  const std::string_view storage = storage_name(tensor.scalar_type());
  if (storage.empty())
    throw Error("the tensor {} has the dtype {}, which is not written.", name, c10::toString(tensor.scalar_type()));
  pickle.name("torch._utils", "_rebuild_tensor_v2").raw("(");
  pickle.raw("(")
      .text("storage")
      .name("torch", storage)
      .text(std::to_string(key))
      .text("cpu")
      .integer(tensor.numel())
      .raw("tQ");
  pickle.integer(0).integers(tensor.sizes()).integers(c10::contiguous_strides(tensor.sizes()));
  pickle.raw("\x89").name("collections", "OrderedDict").raw(")R").raw("tR");
}

void put_tensors(PickleText& pickle, const std::filesystem::path& path, const TensorMap& tensors) {
  pickle.raw("}(");
  size_t key = 0;
  for (const auto& [name, tensor] : tensors) {
    if (!is_utf8(name)) throw Error("a tensor cannot be named {} in {}.", printable(name), path.string());
    pickle.text(name);
    put_tensor(pickle, name, tensor, key++);
  }
  pickle.raw("u");
}

void write_archive(const std::filesystem::path& path, PickleText& pickle, const TensorMap& tensors) {
  ZipWriter zip(path);
  const std::string folder = "archive/";
  zip.add(folder + "data.pkl", pickle.take());
  zip.add(folder + "byteorder", "little");
  size_t key = 0;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor plain = tensor.detach().cpu().contiguous();
    zip.add(folder + "data/" + std::to_string(key++),
            std::string_view(static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()));
  }
  zip.add(folder + "version", "3\n");
  zip.commit();
}

}  // namespace

void write_torch_state(const std::filesystem::path& path, const TensorMap& tensors) {
  PickleText pickle;
  pickle.raw("\x80\x02");
  put_tensors(pickle, path, tensors);
  pickle.raw(".");
  write_archive(path, pickle, tensors);
}

void write_torch_checkpoint(const std::filesystem::path& path, const TensorMap& tensors, const TrainingPlace& place) {
  PickleText pickle;
  pickle.raw("\x80\x02}(").text("model");
  put_tensors(pickle, path, tensors);
  pickle.text("iteration").integer(place.iteration).text("optimizer").raw("N");
  pickle.text("learning_rate").real(place.learning_rate).raw("u.");
  write_archive(path, pickle, tensors);
}

}  // namespace vits::formats
