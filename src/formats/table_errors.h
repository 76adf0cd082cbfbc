// Errors of columnar tables say where: the readers below them know only what is wrong.
#pragma once
#include <filesystem>
#include <string>

#include "printable.h"
#include "vits/base/error.h"
#include "vits/formats/columnar.h"

namespace vits::formats {

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
