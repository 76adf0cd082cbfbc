// Errors of columnar tables say where: the readers below them know only what is wrong.
#pragma once
#include <filesystem>
#include <string>

#include "printable.h"
#include "vits/base/error.h"
#include "vits/formats/columnar.h"

namespace vits::formats {

// A lie about the rows must not keep a reader busy for years. A table of recordings has a byte a row at least, however
// it is packed.
inline void check_row_count(int64_t rows, size_t file_bytes) {
  constexpr int64_t kMostRows = 1'000'000'000, kMostRowsPerByte = 1000;
  if (rows < 0 || rows > kMostRows || rows / kMostRowsPerByte > static_cast<int64_t>(file_bytes))
    throw Error("it is damaged: {} bytes would hold {} rows", file_bytes, rows);
}

// Columns below one group share its name, which would be copied for each of them.
inline void check_name(const std::string& name) {
  constexpr size_t kLongest = 1000;
  if (name.size() > kLongest) throw Error("it has a column with a name of {} bytes", name.size());
}

inline void check_cell(const ColumnarTable& table, const std::filesystem::path& path, size_t column, int64_t row) {
  if (column >= table.columns().size() || row < 0 || row >= table.rows())
    throw Error("{} has {} columns and {} rows; row {} of column {} is none of them.", path.string(),
                table.columns().size(), table.rows(), row, column);
}

template <class Read>
auto naming_the_cell(const std::filesystem::path& path, const std::string& column, int64_t row, Read&& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error("{}, column {}, row {} (counted from 0): {}.", path.string(), printable(column), row, error.what());
  }
}

}  // namespace vits::formats
