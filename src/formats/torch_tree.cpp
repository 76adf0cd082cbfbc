#include "vits/formats/torch_tree.h"

#include <cmath>

#include "pickle_names.h"
#include "pickle_text.h"
#include "printable.h"
#include "vits/base/error.h"
#include "vits/formats/pickle.h"
#include "vits/formats/zip.h"

namespace vits::formats {

namespace {

// Writes the pickle of a tree and collects its tensors in the order of their records.
class TreeWriter {
 public:
  explicit TreeWriter(std::string file) : file_(std::move(file)) {}

  void put(const TorchTree& tree) {
    std::visit([&](const auto& value) { put_value(value); }, tree.value);
  }
  std::string take_pickle() { return pickle_.raw(".").take(); }
  const std::vector<at::Tensor>& tensors() const { return tensors_; }

 private:
  void put_value(std::monostate) { pickle_.raw("N"); }
  void put_value(bool value) { pickle_.raw(value ? "\x88" : "\x89"); }
  void put_value(int64_t value) { pickle_.integer(value); }
  void put_value(uint64_t value) { pickle_.natural(value); }
  void put_value(double value) { pickle_.real(value); }

  void put_value(const std::string& value) {
    if (!is_utf8(value)) throw Error("the text {} cannot be written to {}: it is not UTF-8.", printable(value), file_);
    pickle_.text(value);
  }

  void put_value(const at::Tensor& tensor) {
    if (!tensor.defined()) throw Error("a tensor to be written to {} is not defined.", file_);
    if (storage_name(tensor.scalar_type()).empty())
      throw Error("a tensor of the dtype {} cannot be written to {}.", c10::toString(tensor.scalar_type()), file_);
    pickle_.tensor(tensor, tensors_.size(), /*requires_grad=*/false);
    tensors_.push_back(tensor);
  }

  void put_value(const TorchTree::List& list) {
    pickle_.raw("](");
    for (const auto& item : list) put(item);
    pickle_.raw("e");
  }

  void put_value(const TorchTree::Dictionary& dictionary) {
    pickle_.raw("}(");
    for (const auto& [name, item] : dictionary) {
      put_value(name);
      put(item);
    }
    pickle_.raw("u");
  }

  std::string file_;
  PickleText pickle_;
  std::vector<at::Tensor> tensors_;
};

}  // namespace

TorchTree tree_of(const TensorMap& tensors) {
  TorchTree::Dictionary dictionary;
  for (const auto& [name, tensor] : tensors) dictionary.push_back({name, {tensor}});
  return {std::move(dictionary)};
}

TorchTree tree_of(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return {json.get<bool>()};
    case Json::value_t::number_integer:
      return {json.get<int64_t>()};
    case Json::value_t::number_unsigned: {
      const auto value = json.get<uint64_t>();
      if (value > static_cast<uint64_t>(INT64_MAX)) return {value};
      return {static_cast<int64_t>(value)};
    }
    case Json::value_t::number_float:
      if (!std::isfinite(json.get<double>())) return {};
      return {json.get<double>()};
    case Json::value_t::string:
      return {json.get<std::string>()};
    case Json::value_t::array: {
      TorchTree::List list;
      for (const auto& item : json) list.push_back(tree_of(item));
      return {std::move(list)};
    }
    case Json::value_t::object: {
      TorchTree::Dictionary dictionary;
      for (const auto& [name, item] : json.items()) dictionary.push_back({name, tree_of(item)});
      return {std::move(dictionary)};
    }
    case Json::value_t::null:
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  return {};
}

Json json_of(const PickleValue& value) {
  using Kind = PickleValue::Kind;
  switch (value.kind()) {
    case Kind::none:
      return nullptr;
    case Kind::boolean:
      return value.boolean();
    case Kind::integer:
      return value.integer();
    case Kind::real:
      return value.number();
    case Kind::text:
      return std::string(value.text());
    case Kind::list:
    case Kind::tuple: {
      Json list = Json::array();
      for (size_t i = 0; i < value.size(); ++i) list.push_back(json_of(value.item(i)));
      return list;
    }
    case Kind::dictionary: {
      Json object = Json::object();
      for (const auto& [name, item] : value.entries()) {
        if (!name.is(Kind::text))
          throw Error("the file has {} for a key where text is expected.", name_of(name.kind()));
        object[std::string(name.text())] = json_of(item);
      }
      return object;
    }
    default:
      throw Error("the file holds {} where only text, numbers, lists and dictionaries are expected.",
                  name_of(value.kind()));
  }
}

void write_torch_file(const std::filesystem::path& path, const TorchTree& tree, const TorchRecords& records) {
  TreeWriter writer(path.string());
  writer.put(tree);
  ZipWriter zip(path);
  const std::string folder = "archive/";
  zip.add(folder + "data.pkl", writer.take_pickle());
  zip.add(folder + "byteorder", "little");
  for (const auto& [name, bytes] : records) zip.add(folder + name, bytes);
  add_storages(zip, folder, writer.tensors());
  zip.add(folder + "version", "3\n");
  zip.commit();
}

void write_torch_state(const std::filesystem::path& path, const TensorMap& tensors) {
  write_torch_file(path, tree_of(tensors));
}

void write_torch_checkpoint(const std::filesystem::path& path, const TensorMap& tensors, const TrainingPlace& place) {
  write_torch_file(path, {TorchTree::Dictionary{{"model", tree_of(tensors)},
                                                {"iteration", {place.iteration}},
                                                {"optimizer", {}},
                                                {"learning_rate", {place.learning_rate}}}});
}

}  // namespace vits::formats
