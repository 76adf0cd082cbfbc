#include "parquet_footer.h"

#include <optional>

#include "printable.h"
#include "table_errors.h"
#include "thrift.h"

// Numbers of fields and values are those of parquet.thrift.
namespace vits::formats {

namespace {

constexpr uint64_t kLargestFooter = 16ull << 20;  // what is made of it takes several times that
constexpr size_t kMostColumns = 10'000;
constexpr int kDeepestGroup = 32;
constexpr size_t kEndBytes = 8;  // the footer's size and PAR1

enum Repetition { kRequired = 0, kOptional = 1, kRepeated = 2 };

struct SchemaElement {
  std::optional<int> type;
  int64_t fixed_bytes = 0, children = 0;
  int repetition = kRequired;
  std::string name;
  std::optional<int> converted_type;
  int64_t logical_type = 0;
  bool is_signed = true;
};

SchemaElement read_element(Thrift& thrift) {
  SchemaElement element;
  int number = 0;
  thrift.structure([&](int64_t field, uint8_t type) {
    switch (field) {
      case 1:
        thrift.integer(type, number);
        element.type = number;
        return true;
      case 2:
        return thrift.integer(type, element.fixed_bytes);
      case 3:
        return thrift.integer(type, element.repetition);
      case 4:
        return thrift.text(type, element.name);
      case 5:
        return thrift.integer(type, element.children);
      case 6:
        thrift.integer(type, number);
        element.converted_type = number;
        return true;
      case 10:  // a union: its one field says what it is
        if (type != Thrift::kStruct) return false;
        thrift.structure([&](int64_t logical_type, uint8_t type_of_union) {
          element.logical_type = logical_type;
          constexpr int64_t kInteger = 10;
          if (logical_type != kInteger || type_of_union != Thrift::kStruct) return false;
          thrift.structure([&](int64_t part, uint8_t type_of_part) {
            return part == 2 && thrift.boolean(type_of_part, element.is_signed);
          });
          return true;
        });
        return true;
      default:
        return false;
    }
  });
  constexpr int kUint8 = 11, kUint64 = 14;
  if (element.converted_type >= kUint8 && element.converted_type <= kUint64) element.is_signed = false;
  return element;
}

// Dates, times and decimal numbers are no columns here.
bool is_plain_value(const SchemaElement& element) {
  constexpr int64_t kLogicalDecimal = 5, kLogicalTimestamp = 8;
  constexpr int kDecimal = 5, kTimestamp = 10, kInterval = 21;
  if (element.logical_type >= kLogicalDecimal && element.logical_type <= kLogicalTimestamp) return false;
  if (element.converted_type >= kDecimal && element.converted_type <= kTimestamp) return false;
  return element.converted_type != kInterval && *element.type != static_cast<int>(ParquetType::int96);
}

struct Leaf {
  bool is_column = false;
  ParquetColumn column;
};

// The schema is a tree, its elements in the order in which one walks through it.
class SchemaTree {
 public:
  explicit SchemaTree(const std::vector<SchemaElement>& elements) : elements_(elements) {}

  std::vector<Leaf> leaves() {
    if (elements_.empty()) throw Error("its metadata is damaged: it has no schema");
    const int64_t children = elements_[next_++].children;
    for (int64_t i = 0; i < children; ++i) walk("", 0, true, 0);
    return std::move(leaves_);
  }

 private:
  void walk(const std::string& prefix, int definition_depth, bool reachable, int depth) {
    if (next_ >= elements_.size() || depth > kDeepestGroup)
      throw Error("its metadata is damaged: the schema has no end");
    const SchemaElement& element = elements_[next_++];
    const std::string name = prefix + element.name;
    check_name(name);
    definition_depth += element.repetition == kOptional;
    reachable = reachable && element.repetition != kRepeated;
    for (int64_t i = 0; i < element.children; ++i) walk(name + ".", definition_depth, reachable, depth + 1);
    if (!element.type) return;
    if (element.children != 0 || *element.type < 0 || *element.type > static_cast<int>(ParquetType::fixed_bytes)
        || element.fixed_bytes < 0)
      throw Error("its metadata is damaged: the column {} is of no known type", printable(name));
    constexpr int64_t kLogicalHalf = 15;
    const auto type = static_cast<ParquetType>(*element.type);
    const bool is_half =
        element.logical_type == kLogicalHalf && type == ParquetType::fixed_bytes && element.fixed_bytes == 2;
    leaves_.push_back({reachable && is_plain_value(element),
                       {name, type, element.fixed_bytes, element.is_signed, is_half, definition_depth}});
  }

  const std::vector<SchemaElement>& elements_;
  size_t next_ = 0;
  std::vector<Leaf> leaves_;
};

struct ColumnMetadata {
  int codec = 0;
  int64_t values = -1, data_page = -1, dictionary_page = 0;
  bool is_elsewhere = false, is_encrypted = false;
};

ColumnMetadata read_chunk(Thrift& thrift) {
  ColumnMetadata chunk;
  thrift.structure([&](int64_t field, uint8_t type) {
    chunk.is_elsewhere |= field == 1;
    chunk.is_encrypted |= field == 8;
    if (field != 3 || type != Thrift::kStruct) return false;
    thrift.structure([&](int64_t part, uint8_t type_of_part) {
      switch (part) {
        case 4:
          return thrift.integer(type_of_part, chunk.codec);
        case 5:
          return thrift.integer(type_of_part, chunk.values);
        case 9:
          return thrift.integer(type_of_part, chunk.data_page);
        case 11:
          return thrift.integer(type_of_part, chunk.dictionary_page);
        default:
          return false;
      }
    });
    return true;
  });
  return chunk;
}

Codec codec_of(int number) {
  constexpr std::string_view kNames[] = {"none",      "Snappy", "gzip", "LZO", "Brotli", "LZ4 in Hadoop's way",
                                         "Zstandard", "LZ4"};
  constexpr Codec kCodecs[] = {Codec::none, Codec::snappy, Codec::gzip, Codec::none,
                               Codec::none, Codec::none,   Codec::zstd, Codec::lz4_block};
  if (number < 0 || number >= static_cast<int>(std::size(kCodecs)))
    throw Error("it is packed by a codec of number {}, which is not known here", number);
  if (number != 0 && kCodecs[number] == Codec::none)
    throw Error("it is packed with {}, which is not read here; write it with Snappy, gzip or Zstandard",
                kNames[number]);
  return kCodecs[number];
}

ParquetChunk checked(const ColumnMetadata& metadata, const ParquetColumn& column, int64_t rows, uint64_t pages_end) {
  if (metadata.is_encrypted) throw Error("its column {} is encrypted", printable(column.name));
  if (metadata.is_elsewhere) throw Error("its column {} stands in another file", printable(column.name));
  const bool has_dictionary = metadata.dictionary_page > 0 && metadata.dictionary_page < metadata.data_page;
  const int64_t begin = has_dictionary ? metadata.dictionary_page : metadata.data_page;
  if (metadata.values != rows || begin < 0 || static_cast<uint64_t>(begin) >= pages_end)
    throw Error("its metadata is damaged: of the column {} it has {} values from byte {} on for {} rows",
                printable(column.name), metadata.values, begin, rows);
  return {static_cast<uint64_t>(begin), codec_of(metadata.codec)};
}

class FooterReader {
 public:
  FooterReader(Bytes footer, Bytes file, Bytes pages) : thrift_(footer), file_(file) { result_.pages = pages; }

  ParquetFooter operator()() {
    thrift_.structure([&](int64_t field, uint8_t type) {
      switch (field) {
        case 2:
          read_schema(type);
          return true;
        case 4:
          thrift_.list(type, [&](uint8_t) { read_row_group(); });
          return true;
        case 5:
          thrift_.list(type, [&](uint8_t) { read_metadata(); });
          return true;
        default:
          return false;
      }
    });
    check_row_count(result_.rows, file_.size());
    return std::move(result_);
  }

 private:
  void read_schema(uint8_t type) {
    std::vector<SchemaElement> elements;
    thrift_.list(type, [&](uint8_t) {
      if (elements.size() >= kMostColumns) throw Error("it has more than {} columns", kMostColumns);
      elements.push_back(read_element(thrift_));
    });
    leaves_ = SchemaTree(elements).leaves();
    for (const Leaf& leaf : leaves_)
      if (leaf.is_column) result_.columns.push_back(leaf.column);
  }

  void read_row_group() {
    ParquetRowGroup group;
    std::vector<ColumnMetadata> chunks;
    thrift_.structure([&](int64_t field, uint8_t type) {
      if (field == 1) {
        thrift_.list(type, [&](uint8_t) { chunks.push_back(read_chunk(thrift_)); });
        return true;
      }
      return field == 3 && thrift_.integer(type, group.rows);
    });
    if (group.rows < 0 || chunks.size() != leaves_.size())
      throw Error("its metadata is damaged: a row group has {} rows and {} of {} columns", group.rows, chunks.size(),
                  leaves_.size());
    if (group.rows == 0) return;
    for (size_t i = 0; i < chunks.size(); ++i)
      if (leaves_[i].is_column)
        group.chunks.push_back(checked(chunks[i], leaves_[i].column, group.rows, result_.pages.size()));
    group.first_row = result_.rows;
    result_.rows += group.rows;
    check_row_count(result_.rows, file_.size());
    result_.row_groups.push_back(std::move(group));
  }

  void read_metadata() {
    std::string_view key, value;
    thrift_.structure([&](int64_t field, uint8_t type) {
      return (field == 1 && thrift_.text(type, key)) || (field == 2 && thrift_.text(type, value));
    });
    if (key == "huggingface") result_.huggingface = value;
  }

  Thrift thrift_;
  Bytes file_;
  std::vector<Leaf> leaves_;
  ParquetFooter result_;
};

}  // namespace

ParquetFooter read_parquet_footer(Bytes file) {
  const std::string_view text = as_text(file);
  if (text.starts_with("PARE") || text.ends_with("PARE")) throw Error("it is encrypted");
  if (!text.ends_with("PAR1") || file.size() < kEndBytes + 4) throw Error("it is cut short: its end is missing");
  const auto footer_bytes = ByteReader(file.last(kEndBytes)).next<uint32_t>();
  if (footer_bytes > file.size() - kEndBytes)
    throw Error("it is damaged: its footer would have {} bytes", footer_bytes);
  if (footer_bytes > kLargestFooter)
    throw Error("its footer has {} bytes; {} is the most that is read here", footer_bytes, kLargestFooter);
  const Bytes pages = file.first(file.size() - kEndBytes - footer_bytes);
  return FooterReader(file.subspan(pages.size(), footer_bytes), file, pages)();
}

}  // namespace vits::formats
