// How Parquet writes down a row of values. Names and numbers are those of its format description.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "byte_reader.h"
#include "parquet_footer.h"

namespace vits::formats {

enum class ParquetEncoding : int {
  plain = 0,
  plain_dictionary = 2,
  rle = 3,
  delta_binary_packed = 5,
  delta_length_byte_array = 6,
  delta_byte_array = 7,
  rle_dictionary = 8,
  byte_stream_split = 9,
};

// Numbers and booleans as bits (the lowest count), bytes as views into the page or into `text`.
struct ParquetValues {
  std::vector<uint64_t> numbers;
  std::vector<std::string_view> texts;
  std::string text;

  ParquetValues() = default;
  ParquetValues(ParquetValues&&) = delete;  // the views point into it
  size_t count() const { return numbers.size() + texts.size(); }
  uint64_t bytes() const { return numbers.size() * 8 + texts.size() * sizeof(std::string_view) + text.size(); }
};

// Numbers of `width` bits, in runs of one value or packed eight by eight. Reads what `count` of them take.
std::vector<uint32_t> read_hybrid(ByteReader& reader, int width, uint64_t count);

// Integers as differences in blocks.
std::vector<uint64_t> read_delta(ByteReader& reader, uint64_t count);

// `count` values that are not null, in any encoding but those of a dictionary's indices. The views point into the bytes
// of `reader` or into `values`, which comes empty.
void read_values(ByteReader& reader, const ParquetColumn& column, ParquetEncoding encoding, uint64_t count,
                 ParquetValues& values);

}  // namespace vits::formats
