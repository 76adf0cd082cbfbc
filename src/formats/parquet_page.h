// Pages of a Parquet column: found by stepping from header to header, unpacked one at a time.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "parquet_encodings.h"
#include "parquet_footer.h"

namespace vits::formats {

struct ParquetPagePlace {
  uint64_t begin = 0;  // of what follows the header
  uint32_t packed_bytes = 0, bytes = 0;
  int64_t first_row = 0;  // within the row group
  uint32_t values = 0;    // nulls included
  ParquetEncoding encoding = ParquetEncoding::plain;
  bool is_version_2 = false;  // the levels stand in front, not packed
  uint32_t definition_bytes = 0, repetition_bytes = 0;
  bool is_packed = true;
};

struct ParquetPageIndex {
  std::optional<ParquetPagePlace> dictionary;
  std::vector<ParquetPagePlace> pages;
  uint64_t bytes() const { return pages.size() * sizeof(ParquetPagePlace); }
};

// The pages that hold the `rows` values of a chunk. `file`: what stands before the footer.
ParquetPageIndex find_pages(Bytes file, const ParquetChunk& chunk, int64_t rows);

// Values of a dictionary or a page, and the bytes that their views point into if those are not the file's.
struct ParquetPageValues {
  std::string unpacked;
  ParquetValues values;
  uint64_t bytes() const { return unpacked.size() + values.bytes(); }
};

struct ParquetPage {
  static constexpr uint32_t kNull = ~0u;
  std::vector<uint32_t> value_of_row;  // index in `values`; empty when it is the row itself
  std::shared_ptr<const ParquetPageValues> values;
  bool shares_dictionary = false;
  uint64_t bytes() const { return value_of_row.size() * 4 + (shares_dictionary ? 0 : values->bytes()); }
};

std::shared_ptr<const ParquetPageValues> read_dictionary(Bytes file, const ParquetColumn& column, Codec codec,
                                                         const ParquetPagePlace& place);

// `dictionary` may be null when the page does not refer to it.
ParquetPage read_page(Bytes file, const ParquetColumn& column, Codec codec, const ParquetPagePlace& place,
                      const std::shared_ptr<const ParquetPageValues>& dictionary);

bool needs_dictionary(const ParquetPagePlace& place);

}  // namespace vits::formats
