#include "parquet_page.h"

#include <bit>

#include "thrift.h"

namespace vits::formats {

namespace {

// A page of a few bytes may say that it repeats one value as often as it likes.
constexpr uint32_t kMostPageValues = 1u << 20;
constexpr size_t kMostPages = 300'000;

enum PageType { kDataPage = 0, kDictionaryPage = 2, kDataPageVersion2 = 3 };

struct PageHeader {
  int type = -1;
  ParquetPagePlace place;
  int definition_encoding = static_cast<int>(ParquetEncoding::rle);
};

PageHeader read_header(Thrift& thrift) {
  PageHeader header;
  ParquetPagePlace& place = header.place;
  int encoding = 0;
  thrift.structure([&](int64_t field, uint8_t type) {
    switch (field) {
      case 1:
        return thrift.integer(type, header.type);
      case 2:
        return thrift.integer(type, place.bytes);
      case 3:
        return thrift.integer(type, place.packed_bytes);
      case 5:  // a data page
      case 7:  // a dictionary
        if (type != Thrift::kStruct) return false;
        thrift.structure([&](int64_t part, uint8_t type_of_part) {
          if (part == 1) return thrift.integer(type_of_part, place.values);
          if (part == 2) return thrift.integer(type_of_part, encoding);
          return part == 3 && field == 5 && thrift.integer(type_of_part, header.definition_encoding);
        });
        return true;
      case 8:  // a data page of version 2
        if (type != Thrift::kStruct) return false;
        thrift.structure([&](int64_t part, uint8_t type_of_part) {
          switch (part) {
            case 1:
              return thrift.integer(type_of_part, place.values);
            case 4:
              return thrift.integer(type_of_part, encoding);
            case 5:
              return thrift.integer(type_of_part, place.definition_bytes);
            case 6:
              return thrift.integer(type_of_part, place.repetition_bytes);
            case 7:
              return thrift.boolean(type_of_part, place.is_packed);
            default:
              return false;
          }
        });
        return true;
      default:
        return false;
    }
  });
  place.encoding = static_cast<ParquetEncoding>(encoding);
  place.is_version_2 = header.type == kDataPageVersion2;
  if (place.values > kMostPageValues)
    throw Error("a page of it would have {} values; {} is the most that is read here", place.values, kMostPageValues);
  return header;
}

Bytes stored(Bytes file, const ParquetPagePlace& place) { return file.subspan(place.begin, place.packed_bytes); }

// The bytes of a page or of its packed part; `unpacked` keeps them when they are not the file's.
Bytes plain_bytes(Codec codec, Bytes packed, uint64_t bytes, std::string& unpacked) {
  if (codec == Codec::none) return packed;
  unpacked = unpack(codec, packed, bytes);
  return {unpacked.data(), unpacked.size()};
}

}  // namespace

bool needs_dictionary(const ParquetPagePlace& place) {
  return place.encoding == ParquetEncoding::plain_dictionary || place.encoding == ParquetEncoding::rle_dictionary;
}

ParquetPageIndex find_pages(Bytes file, const ParquetChunk& chunk, int64_t rows) {
  ParquetPageIndex index;
  Bytes rest = file.subspan(chunk.begin);
  for (int64_t row = 0; row < rows;) {
    Thrift thrift(rest);
    PageHeader header = read_header(thrift);
    header.place.begin = file.size() - thrift.left();
    header.place.first_row = row;
    if (header.place.packed_bytes > thrift.left()) throw Error("it is damaged or cut short: a page of it has no end");
    rest = file.subspan(header.place.begin + header.place.packed_bytes);
    if (header.type == kDictionaryPage) {
      index.dictionary = header.place;
    } else if (header.type == kDataPage || header.type == kDataPageVersion2) {
      if (header.type == kDataPage && header.definition_encoding != static_cast<int>(ParquetEncoding::rle))
        throw Error("it has levels in an encoding (number {}) that is not read here", header.definition_encoding);
      row += header.place.values;
      if (row > rows || index.pages.size() >= kMostPages) throw Error("it is damaged: its pages hold too many values");
      if (header.place.values > 0) index.pages.push_back(header.place);
    }
  }
  return index;
}

std::shared_ptr<const ParquetPageValues> read_dictionary(Bytes file, const ParquetColumn& column, Codec codec,
                                                         const ParquetPagePlace& place) {
  if (place.encoding != ParquetEncoding::plain && place.encoding != ParquetEncoding::plain_dictionary)
    throw Error("it has a dictionary in an encoding (number {}) that is not read here",
                static_cast<int>(place.encoding));
  auto result = std::make_shared<ParquetPageValues>();
  ByteReader reader(plain_bytes(codec, stored(file, place), place.bytes, result->unpacked));
  read_values(reader, column, ParquetEncoding::plain, place.values, result->values);
  return result;
}

ParquetPage read_page(Bytes file, const ParquetColumn& column, Codec codec, const ParquetPagePlace& place,
                      const std::shared_ptr<const ParquetPageValues>& dictionary) {
  auto own = std::make_shared<ParquetPageValues>();
  const int width = std::bit_width(static_cast<unsigned>(column.definition_depth));
  ByteReader page(stored(file, place));
  std::vector<uint32_t> levels;
  if (place.is_version_2) {
    page.take(place.repetition_bytes);
    ByteReader level_bytes(page.take(place.definition_bytes));
    if (width > 0) levels = read_hybrid(level_bytes, width, place.values);
    const uint64_t level_size = uint64_t{place.repetition_bytes} + place.definition_bytes;
    if (level_size > place.bytes) throw Error("it is damaged: a page is smaller than what stands in it");
    const Codec used = place.is_packed ? codec : Codec::none;
    // Some writers pack nothing at all, and no codec unpacks that.
    if (page.left() > 0) page = ByteReader(plain_bytes(used, page.rest(), place.bytes - level_size, own->unpacked));
  } else {
    page = ByteReader(plain_bytes(codec, page.rest(), place.bytes, own->unpacked));
    if (width > 0) {
      const auto level_size = page.next<uint32_t>();
      ByteReader level_bytes(page.take(level_size));
      levels = read_hybrid(level_bytes, width, place.values);
    }
  }
  const auto defined = static_cast<uint32_t>(column.definition_depth);
  uint64_t values = levels.empty() ? place.values : 0;
  for (const uint32_t level : levels) values += level == defined;

  ParquetPage result;
  std::vector<uint32_t> indices;
  result.values = own;
  if (values > 0 && needs_dictionary(place)) {
    if (!dictionary) throw Error("it is damaged: a dictionary is missing");
    const int index_width = page.next<uint8_t>();
    indices = read_hybrid(page, index_width, values);
    for (const uint32_t index : indices)
      if (index >= dictionary->values.count()) throw Error("it is damaged: its dictionary has no value {}", index);
    result.values = dictionary;
    result.shares_dictionary = true;
  } else if (values > 0) {
    read_values(page, column, place.encoding, values, own->values);
  }
  if (levels.empty()) {
    result.value_of_row = std::move(indices);
    return result;
  }
  uint32_t next = 0;
  for (uint32_t& level : levels) {  // a level becomes the place of its value
    if (level != defined) {
      level = ParquetPage::kNull;
    } else {
      level = result.shares_dictionary ? indices[next] : next;
      ++next;
    }
  }
  result.value_of_row = std::move(levels);
  return result;
}

}  // namespace vits::formats
