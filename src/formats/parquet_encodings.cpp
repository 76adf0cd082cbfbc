#include "parquet_encodings.h"

#include <algorithm>

namespace vits::formats {

namespace {

constexpr uint64_t kMostTextBytes = 32ull << 20;  // of texts that share beginnings, which a few bytes could repeat

[[noreturn]] void page_is_damaged() { throw Error("it is damaged: the values of a page do not fit its size"); }

uint64_t bits_at(Bytes bytes, uint64_t first_bit, int width) {
  const uint64_t first = first_bit / 8, count = std::min<uint64_t>(9, bytes.size() - first);
  unsigned char nine[9] = {};
  std::memcpy(nine, bytes.data() + first, count);
  uint64_t low;
  std::memcpy(&low, nine, sizeof low);
  const int shift = static_cast<int>(first_bit % 8);
  uint64_t value = low >> shift;
  if (shift > 0) value |= static_cast<uint64_t>(nine[8]) << (64 - shift);
  return width == 64 ? value : value & ((uint64_t{1} << width) - 1);
}

int64_t bytes_of_number(const ParquetColumn& column) {
  switch (column.type) {
    case ParquetType::int32:
    case ParquetType::float32:
      return 4;
    case ParquetType::int64:
    case ParquetType::float64:
      return 8;
    default:
      return 0;
  }
}

void read_plain(ByteReader& reader, const ParquetColumn& column, uint64_t count, ParquetValues& values) {
  if (column.type == ParquetType::boolean) {
    const Bytes bits = reader.take((count + 7) / 8);
    for (uint64_t i = 0; i < count; ++i) values.numbers.push_back(bits_at(bits, i, 1));
  } else if (column.type == ParquetType::bytes) {
    if (count > reader.left() / 4) page_is_damaged();
    values.texts.reserve(count);
    for (uint64_t i = 0; i < count; ++i) {
      const auto bytes = reader.next<uint32_t>();
      values.texts.push_back(as_text(reader.take(bytes)));
    }
  } else if (column.type == ParquetType::fixed_bytes) {
    const auto bytes = static_cast<uint64_t>(column.fixed_bytes);
    const std::string_view all = as_text(reader.take(count * bytes));
    for (uint64_t i = 0; i < count; ++i) values.texts.push_back(all.substr(i * bytes, bytes));
  } else {
    const auto bytes = static_cast<uint64_t>(bytes_of_number(column));
    const Bytes all = reader.take(count * bytes);
    values.numbers.resize(count);
    for (uint64_t i = 0; i < count; ++i) std::memcpy(&values.numbers[i], all.data() + i * bytes, bytes);
  }
}

// All lengths, then all bytes.
void read_delta_lengths(ByteReader& reader, uint64_t count, std::vector<std::string_view>& texts) {
  const auto lengths = read_delta(reader, count);
  texts.reserve(count);
  for (const uint64_t length : lengths) texts.push_back(as_text(reader.take(length)));
}

// How much of the text before each shares, then what follows that.
void read_delta_texts(ByteReader& reader, uint64_t count, ParquetValues& values) {
  const auto shared = read_delta(reader, count);
  std::vector<std::string_view> endings;
  read_delta_lengths(reader, count, endings);
  uint64_t bytes = 0, previous = 0;
  for (uint64_t i = 0; i < count; ++i) {
    if (shared[i] > previous) page_is_damaged();
    previous = shared[i] + endings[i].size();
    bytes += previous;
    if (bytes > kMostTextBytes) throw Error("a page of it holds more than {} bytes of text", kMostTextBytes);
  }
  values.text.reserve(bytes);  // so that the views stay where they are
  uint64_t begin = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t next = values.text.size();
    values.text.append(values.text, begin, shared[i]);
    values.text += endings[i];
    values.texts.push_back(std::string_view(values.text).substr(next));
    begin = next;
  }
}

// All first bytes, then all second bytes, ...
void read_split(ByteReader& reader, const ParquetColumn& column, uint64_t count, ParquetValues& values) {
  const bool is_fixed = column.type == ParquetType::fixed_bytes;
  const auto width = static_cast<uint64_t>(is_fixed ? column.fixed_bytes : bytes_of_number(column));
  if (width == 0) page_is_damaged();
  const Bytes all = reader.take(count * width);
  if (!is_fixed) values.numbers.resize(count);
  values.text.resize(is_fixed ? count * width : 0);
  for (uint64_t i = 0; i < count; ++i)
    for (uint64_t byte = 0; byte < width; ++byte) {
      const char c = all[byte * count + i];
      if (is_fixed)
        values.text[i * width + byte] = c;
      else
        values.numbers[i] |= static_cast<uint64_t>(static_cast<unsigned char>(c)) << (8 * byte);
    }
  for (uint64_t i = 0; is_fixed && i < count; ++i)
    values.texts.push_back(std::string_view(values.text).substr(i * width, width));
}

}  // namespace

std::vector<uint32_t> read_hybrid(ByteReader& reader, int width, uint64_t count) {
  if (width < 0 || width > 32) throw Error("it is damaged: it has indices of {} bits", width);
  std::vector<uint32_t> values;
  values.reserve(count);
  while (values.size() < count) {
    const uint64_t head = reader.varint(), left = count - values.size();
    if (head & 1) {
      const uint64_t groups = head >> 1;  // of eight; the last may be longer than what is left
      if (groups > (uint64_t{1} << 32)) page_is_damaged();
      const Bytes packed = reader.take(groups * static_cast<uint64_t>(width));
      for (uint64_t i = 0; i < std::min(left, 8 * groups); ++i)
        values.push_back(width == 0 ? 0 : static_cast<uint32_t>(bits_at(packed, i * width, width)));
    } else {
      uint32_t value = 0;
      const Bytes bytes = reader.take((static_cast<uint64_t>(width) + 7) / 8);
      if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
      values.insert(values.end(), std::min(left, head >> 1), value);
    }
  }
  return values;
}

std::vector<uint64_t> read_delta(ByteReader& reader, uint64_t count) {
  const uint64_t block = reader.varint(), miniblocks = reader.varint(), total = reader.varint();
  auto value = static_cast<uint64_t>(reader.signed_varint());
  constexpr uint64_t kLargestBlock = 1 << 20;
  if (block == 0 || block > kLargestBlock || miniblocks == 0 || block % miniblocks != 0 || block / miniblocks % 8 != 0
      || total != count)
    page_is_damaged();
  const uint64_t values_each = block / miniblocks;
  std::vector<uint64_t> values;
  values.reserve(count);
  if (count > 0) values.push_back(value);
  while (values.size() < count) {
    const auto least = static_cast<uint64_t>(reader.signed_varint());
    const Bytes widths = reader.take(miniblocks);
    for (uint64_t i = 0; i < miniblocks && values.size() < count; ++i) {
      const int width = static_cast<unsigned char>(widths[i]);
      if (width > 64) page_is_damaged();
      const Bytes packed = reader.take(values_each / 8 * static_cast<uint64_t>(width));
      for (uint64_t k = 0; k < values_each && values.size() < count; ++k) {
        value += least + (width == 0 ? 0 : bits_at(packed, k * static_cast<uint64_t>(width), width));
        values.push_back(value);
      }
    }
  }
  return values;
}

void read_values(ByteReader& reader, const ParquetColumn& column, ParquetEncoding encoding, uint64_t count,
                 ParquetValues& values) {
  const bool is_text = column.type == ParquetType::bytes || column.type == ParquetType::fixed_bytes;
  const bool is_integer = column.type == ParquetType::int32 || column.type == ParquetType::int64;
  if (encoding == ParquetEncoding::plain) return read_plain(reader, column, count, values);
  if (encoding == ParquetEncoding::byte_stream_split) return read_split(reader, column, count, values);
  if (encoding == ParquetEncoding::rle && column.type == ParquetType::boolean) {
    const auto bytes = reader.next<uint32_t>();
    ByteReader runs(reader.take(bytes));
    for (const uint32_t value : read_hybrid(runs, 1, count)) values.numbers.push_back(value);
  } else if (encoding == ParquetEncoding::delta_binary_packed && is_integer) {
    values.numbers = read_delta(reader, count);
  } else if (encoding == ParquetEncoding::delta_length_byte_array && is_text) {
    read_delta_lengths(reader, count, values.texts);
  } else if (encoding == ParquetEncoding::delta_byte_array && is_text) {
    read_delta_texts(reader, count, values);
  } else {
    throw Error("it has an encoding (number {}) that is not read here", static_cast<int>(encoding));
  }
}

}  // namespace vits::formats
