// The footer of a Parquet file: its columns, and where in the file the pages of each stand.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "byte_reader.h"
#include "unpack.h"

namespace vits::formats {

enum class ParquetType : int { boolean, int32, int64, int96, float32, float64, bytes, fixed_bytes };

struct ParquetColumn {
  std::string name;
  ParquetType type = ParquetType::bytes;
  int64_t fixed_bytes = 0;   // of a value of that type
  bool is_signed = true;     // integers
  bool is_half = false;      // fixed bytes that are a number of half precision
  int definition_depth = 0;  // how many of the structs around a value and itself may be null
};

// The pages of one column in one row group; a dictionary, if there is one, stands first.
struct ParquetChunk {
  uint64_t begin = 0;
  Codec codec = Codec::none;
};

struct ParquetRowGroup {
  int64_t first_row = 0, rows = 0;
  std::vector<ParquetChunk> chunks;  // one a column
};

struct ParquetFooter {
  std::vector<ParquetColumn> columns;
  std::vector<ParquetRowGroup> row_groups;  // none of 0 rows
  int64_t rows = 0;
  std::string huggingface;  // metadata of that key
  Bytes pages;              // what stands before the footer
};

ParquetFooter read_parquet_footer(Bytes file);

}  // namespace vits::formats
