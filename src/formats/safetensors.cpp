#include "vits/formats/safetensors.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <set>
#include <span>

#include "mapped_tensor.h"
#include "printable.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/mapped_file.h"
#include "vits/formats/json.h"

namespace vits::formats {

namespace {

// The format allows 100 MB, which could make us take three times that; an MMS voice has 90 kB.
constexpr uint64_t kLargestHeader = 16ull << 20;
constexpr size_t kMostTensors = 50'000, kMostDimensions = 8;
constexpr size_t kLengthBytes = 8;

struct DtypeName {
  std::string_view name;
  at::ScalarType dtype;
};
constexpr DtypeName kDtypes[] = {
    {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"I64", at::kLong},
    {"I32", at::kInt},    {"I16", at::kShort}, {"I8", at::kChar},  {"U8", at::kByte},       {"BOOL", at::kBool}};

// Fills in the header as the JSON is read, without a tree of values in between: what it takes is bounded by the
// header's size.
//   {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {"format": "pt"}}
class HeaderParser : public nlohmann::json_sax<Json> {
 public:
  HeaderParser(SafetensorsHeader& header, const std::string& file) : header_(header), file_(file) {}

  bool null() override { return unexpected(); }
  bool boolean(bool) override { return unexpected(); }
  bool number_integer(number_integer_t) override { return unexpected(); }  // negative: no shape and no offset is
  bool number_float(number_float_t, const string_t&) override { return unexpected(); }
  bool binary(binary_t&) override { return unexpected(); }

  bool number_unsigned(number_unsigned_t value) override {
    if (!in_list_ || value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return unexpected();
    if (field_ == "shape") {
      if (tensor_->shape.size() >= kMostDimensions) return unexpected();
      tensor_->shape.push_back(static_cast<int64_t>(value));
    } else {
      if (offsets_ == 2) return unexpected();
      (offsets_ == 0 ? begin_ : end_) = value;
      ++offsets_;
    }
    return true;
  }

  bool string(string_t& value) override {
    if (depth_ != 2 || in_list_) return unexpected();
    if (in_metadata_) {
      header_.metadata[field_] = value;
    } else {
      if (field_ != "dtype") return unexpected();
      const auto* known =
          std::find_if(std::begin(kDtypes), std::end(kDtypes), [&](auto& d) { return d.name == value; });
      if (known == std::end(kDtypes))
        throw Error("{}: the tensor {} has the dtype {}, which is not read here.", file_, printable(name_),
                    printable(value));
      tensor_->dtype = known->dtype;
    }
    return true;
  }

  bool start_object(size_t) override {
    if (++depth_ > 2 || in_list_) return unexpected();
    if (depth_ == 2 && !in_metadata_) {
      const auto [place, is_new] = header_.tensors.try_emplace(name_);
      if (!is_new) throw Error("{} is damaged: it names the tensor {} twice.", file_, printable(name_));
      if (header_.tensors.size() > kMostTensors)
        throw Error("{} holds more than {} tensors; no voice does.", file_, kMostTensors);
      tensor_ = &place->second;
      fields_.clear();
      offsets_ = 0;
    }
    return true;
  }

  bool end_object() override {
    if (depth_ == 2 && !in_metadata_) {
      if (fields_.size() != 3 || offsets_ != 2 || begin_ > end_) return unexpected();
      tensor_->begin = begin_;
      tensor_->bytes = end_ - begin_;
    }
    in_metadata_ = false;
    --depth_;
    return true;
  }

  bool start_array(size_t) override {
    if (depth_ != 2 || in_metadata_ || in_list_ || field_ == "dtype") return unexpected();
    return in_list_ = true;
  }
  bool end_array() override {
    in_list_ = false;
    return true;
  }

  bool key(string_t& key) override {
    if (depth_ == 1) {
      name_ = key;
      in_metadata_ = key == "__metadata__";
      return true;
    }
    field_ = key;
    if (in_metadata_) return true;
    return (key == "dtype" || key == "shape" || key == "data_offsets") && fields_.insert(key).second ? true
                                                                                                     : unexpected();
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    throw Error("{} is damaged: its header is not JSON from byte {} on.", file_, position + kLengthBytes);
  }

 private:
  bool unexpected() {
    throw Error("{} is damaged: its header does not describe the tensor {} properly.", file_, printable(name_));
  }

  SafetensorsHeader& header_;
  const std::string& file_;
  int depth_ = 0, offsets_ = 0;
  bool in_metadata_ = false, in_list_ = false;
  uint64_t begin_ = 0, end_ = 0;
  std::string name_, field_;
  std::set<std::string> fields_;
  TensorInfo* tensor_ = nullptr;
};

void check_sizes(const SafetensorsHeader& header, uint64_t data_bytes, const std::string& file) {
  for (const auto& [name, tensor] : header.tensors) {
    const auto bytes = tensor_bytes(tensor.shape, tensor.dtype);
    if (!bytes || *bytes != tensor.bytes)
      throw Error("{} is damaged: the tensor {} has {} bytes, which do not fit its shape.", file, printable(name),
                  tensor.bytes);
  }
  std::vector<std::pair<uint64_t, uint64_t>> places;
  for (const auto& [name, tensor] : header.tensors) places.emplace_back(tensor.begin, tensor.bytes);
  std::sort(places.begin(), places.end());
  uint64_t end = 0;
  for (const auto& [begin, bytes] : places) {
    if (begin != end)
      throw Error("{} is damaged: its tensors overlap or leave gaps at byte {} of the data.", file,
                  std::min(begin, end));
    if (bytes > data_bytes - end)
      throw Error(
          "{} is cut short: its tensors end beyond the {} bytes of data that it has. Copy or download it again.", file,
          data_bytes);
    end += bytes;
  }
  if (end != data_bytes)
    throw Error("{} is damaged: {} bytes after its tensors belong to none.", file, data_bytes - end);
}

SafetensorsHeader parse_header(const base::MappedFile& mapped) {
  const std::string file = mapped.path().string();
  const auto bytes = mapped.bytes();
  uint64_t header_bytes = 0;
  if (bytes.size() < kLengthBytes) throw Error("{} is no safetensors file: it has only {} bytes.", file, bytes.size());
  std::memcpy(&header_bytes, bytes.data(), kLengthBytes);
  if (header_bytes > kLargestHeader)
    throw Error("{} is damaged or no safetensors file: its header would have {} bytes; {} is the most.", file,
                header_bytes, kLargestHeader);
  if (header_bytes > bytes.size() - kLengthBytes)
    throw Error("{} is cut short or no safetensors file: its header would have {} bytes, the file has {}.", file,
                header_bytes, bytes.size());
  const std::string_view text(bytes.data() + kLengthBytes, header_bytes);
  if (text.empty() || text[0] != '{')
    throw Error("{} is damaged or no safetensors file: its header is no JSON object.", file);
  SafetensorsHeader header;
  header.data_offset = kLengthBytes + header_bytes;
  HeaderParser parser(header, file);
  Json::sax_parse(text.begin(), text.end(), &parser);
  check_sizes(header, bytes.size() - header.data_offset, file);
  return header;
}

std::string_view name_of_dtype(at::ScalarType dtype, const std::string& tensor) {
  for (const auto& [name, known] : kDtypes)
    if (known == dtype) return name;
  throw Error("the tensor {} has the dtype {}, which safetensors has no name for here.", tensor, c10::toString(dtype));
}

}  // namespace

SafetensorsHeader read_safetensors_header(const std::filesystem::path& path) {
  return parse_header(base::MappedFile(path));
}

TensorMap read_safetensors(const std::filesystem::path& path, TensorMemory memory) {
  const auto file = std::make_shared<base::MappedFile>(path);
  const SafetensorsHeader header = parse_header(*file);
  TensorMap tensors;
  for (const auto& [name, info] : header.tensors) {
    const auto bytes = file->bytes().subspan(header.data_offset + info.begin, info.bytes);
    const at::Tensor view = tensor_over(bytes, file, info.dtype).view(info.shape);
    tensors.emplace(name, memory == TensorMemory::copied ? view.clone() : view);
  }
  return tensors;
}

TensorMap read_sharded_safetensors(const std::filesystem::path& index, TensorMemory memory) {
  const Json json = read_json(index);
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
    throw Error("{} is no index of weights: it has no \"weight_map\".", index.string());
  std::map<std::string, std::set<std::string>> names_of_shard;
  for (const auto& [name, shard] : json["weight_map"].items()) {
    if (!shard.is_string()) throw Error("{}: the tensor {} names no file.", index.string(), printable(name));
    const std::filesystem::path file = shard.get<std::string>();
    if (file.empty() || file.has_parent_path() || file == "..")
      throw Error("{}: {} is no plain file name; shards lie beside their index.", index.string(),
                  printable(file.string()));
    names_of_shard[file.string()].insert(name);
  }
  TensorMap all;
  for (const auto& [shard, names] : names_of_shard) {
    const auto path = index.parent_path() / shard;
    TensorMap tensors = read_safetensors(path, memory);
    for (const auto& name : names)
      if (!tensors.contains(name))
        throw Error("{} lacks the tensor {}, which {} promises.", path.string(), printable(name), index.string());
    for (const auto& [name, tensor] : tensors)
      if (!names.contains(name))
        throw Error("{} holds the tensor {}, which {} does not know.", path.string(), printable(name), index.string());
    all.merge(tensors);
  }
  return all;
}

void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors) {
  std::vector<const TensorMap::value_type*> order;
  for (const auto& entry : tensors) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(),
                   [](auto* a, auto* b) { return a->second.element_size() > b->second.element_size(); });

  OrderedJson header{{"__metadata__", {{"format", "pt"}}}};
  OrderedJson::object_t& fields = header.get_ref<OrderedJson::object_t&>();
  uint64_t offset = 0;
  for (const auto* entry : order) {
    const auto& [name, tensor] = *entry;
    if (name == "__metadata__" || !is_utf8(name))
      throw Error("a tensor cannot be named {} in {}.", printable(name), path.string());
    const uint64_t end = offset + tensor.nbytes();
    // push_back, because operator[] of an ordered object searches all keys before
    fields.push_back({name, OrderedJson{{"dtype", name_of_dtype(tensor.scalar_type(), name)},
                                        {"shape", tensor.sizes().vec()},
                                        {"data_offsets", {offset, end}}}});
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');

  base::AtomicFile file(path);
  const uint64_t header_bytes = text.size();
  file.write(&header_bytes, sizeof header_bytes);
  file.write(text);
  for (const auto* entry : order) {
    const at::Tensor plain = entry->second.detach().cpu().contiguous();
    file.write(plain.const_data_ptr(), plain.nbytes());
  }
  file.commit();
}

}  // namespace vits::formats
