#include "arrow_schema.h"

#include "table_errors.h"

namespace vits::formats {

namespace {

// Numbers of Schema.fbs.
enum TypeId : uint8_t {
  kNull = 1,
  kInt,
  kFloatingPoint,
  kBinary,
  kUtf8,
  kBool,
  kDecimal,
  kDate,
  kTime,
  kTimestamp,
  kInterval,
  kList,
  kStruct,
  kUnion,
  kFixedSizeBinary,
  kFixedSizeList,
  kMap,
  kDuration,
  kLargeBinary,
  kLargeUtf8,
  kLargeList,
  kRunEndEncoded,
  kBinaryView,
  kUtf8View,
  kListView,
  kLargeListView
};

constexpr int kDeepestColumn = 32;
constexpr uint64_t kMostFields = 10'000;  // and metadata made to lead in circles ends there

ArrowType integer_type(const std::optional<FlatTable>& type) {
  const int bits = type ? type->number<int32_t>(0, 0) : 32;
  if (bits != 8 && bits != 16 && bits != 32 && bits != 64)
    throw Error("its metadata is damaged: it has integers of {} bits", bits);
  return {ArrowKind::integer, bits / 8, !type || type->number<uint8_t>(1, 0) != 0};
}

// What the values of a field are, when they can be a column.
std::optional<ArrowType> value_type(uint8_t id, const std::optional<FlatTable>& type) {
  switch (id) {
    case kNull:
      return ArrowType{ArrowKind::null};
    case kBool:
      return ArrowType{ArrowKind::boolean};
    case kInt:
      return integer_type(type);
    case kFloatingPoint: {
      const int precision = type ? type->number<int16_t>(0, 0) : 0;
      if (precision < 0 || precision > 2) throw Error("its metadata is damaged: it has an unknown kind of number");
      return ArrowType{ArrowKind::real, 2 << precision};
    }
    case kFixedSizeBinary: {
      const int64_t bytes = type ? type->number<int32_t>(0, 0) : 0;
      if (bytes < 0) throw Error("its metadata is damaged: it has values of {} bytes", bytes);
      return ArrowType{ArrowKind::fixed_bytes, bytes};
    }
    case kBinary:
    case kUtf8:
      return ArrowType{ArrowKind::bytes};
    case kLargeBinary:
    case kLargeUtf8:
      return ArrowType{ArrowKind::large_bytes};
    case kBinaryView:
    case kUtf8View:
      return ArrowType{ArrowKind::view};
    default:
      return std::nullopt;
  }
}

uint64_t buffers_of(uint8_t id, const std::optional<FlatTable>& type, int version) {
  switch (id) {
    case kNull:
    case kRunEndEncoded:
      return 0;
    case kStruct:
    case kFixedSizeList:
      return 1;
    case kUnion: {
      const bool dense = type && type->number<int16_t>(0, 0) == 1;
      return (dense ? 2 : 1) + (version < 4 ? 1 : 0);
    }
    case kBinary:
    case kUtf8:
    case kLargeBinary:
    case kLargeUtf8:
    case kListView:
    case kLargeListView:
      return 3;
    default:
      return id <= kLargeListView ? 2 : throw Error("it has a type of a later version of Arrow (number {})", id);
  }
}

class SchemaReader {
 public:
  explicit SchemaReader(int version) : version_(version) {}

  ArrowSchema operator()(const FlatTable& schema) {
    if (schema.number<int16_t>(0, 0) != 0)
      throw Error("it was written on a big-endian machine, which is not read here");
    const FlatVector fields = schema.vector(1, 4);
    for (uint64_t i = 0; i < fields.count(); ++i) field(fields.table(i), "", {}, true, 0);
    const FlatVector metadata = schema.vector(2, 4);
    for (uint64_t i = 0; i < metadata.count(); ++i)
      if (metadata.table(i).text(0) == "huggingface") result_.huggingface = metadata.table(i).text(1);
    return std::move(result_);
  }

 private:
  // `reachable`: there is one value a row, since no list stands above.
  void field(const FlatTable& field, const std::string& prefix, const std::vector<ArrowPlace>& parents, bool reachable,
             int depth) {
    if (depth > kDeepestColumn || ++fields_ > kMostFields)
      throw Error("it has more than {} columns or more than {} levels of them", kMostFields, kDeepestColumn);
    const std::string name = prefix + std::string(field.text(0));
    check_name(name);
    const uint8_t id = field.number<uint8_t>(2, 0);
    const auto type = field.table(3), dictionary = field.table(4);
    auto values = value_type(id, type);
    const ArrowPlace place = result_.end;
    ++result_.end.node;
    if (dictionary) {
      const ArrowType indices = integer_type(dictionary->table(1));
      result_.end.buffer += 2;
      if (reachable && values)
        result_.columns.push_back(
            {name, indices, place, parents, ArrowColumn::Dictionary{dictionary->number<int64_t>(0, 0), *values}});
      return;
    }
    result_.end.buffer += buffers_of(id, type, version_);
    if (values) {
      result_.end.views_before += values->kind == ArrowKind::view;
      if (reachable) result_.columns.push_back({name, *values, place, parents, std::nullopt});
      return;
    }
    auto with_this = parents;
    with_this.push_back(place);
    const FlatVector children = field.vector(5, 4);
    for (uint64_t i = 0; i < children.count(); ++i)
      this->field(children.table(i), name + ".", with_this, reachable && id == kStruct, depth + 1);
  }

  int version_;
  uint64_t fields_ = 0;
  ArrowSchema result_;
};

}  // namespace

ArrowSchema read_arrow_schema(const FlatTable& schema, int version) { return SchemaReader(version)(schema); }

}  // namespace vits::formats
