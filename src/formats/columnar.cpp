#include "vits/formats/columnar.h"

#include <algorithm>

#include "arrow_messages.h"
#include "arrow_table.h"
#include "parquet_table.h"
#include "vits/base/error.h"
#include "vits/base/mapped_file.h"

namespace vits::formats {

namespace {

enum class TableKind { none, arrow, parquet };

TableKind kind_of(Bytes file) {
  if (is_parquet(file)) return TableKind::parquet;
  return is_arrow_file(file) || is_arrow_stream(file) ? TableKind::arrow : TableKind::none;
}

}  // namespace

std::shared_ptr<const ColumnarTable> ColumnarTable::open(const std::filesystem::path& path) {
  auto file = std::make_unique<base::MappedFile>(path);
  const TableKind kind = kind_of(file->bytes());
  if (kind == TableKind::none) throw Error("{} is neither an Arrow nor a Parquet file.", path.string());
  try {
    return kind == TableKind::parquet ? open_parquet_table(std::move(file)) : open_arrow_table(std::move(file));
  } catch (const Error& error) {
    throw Error("{} cannot be read: {}.", path.string(), error.what());
  }
}

std::optional<size_t> ColumnarTable::find(const std::string& column) const {
  const auto found = std::find(columns().begin(), columns().end(), column);
  if (found == columns().end()) return std::nullopt;
  return static_cast<size_t>(found - columns().begin());
}

bool is_columnar(const std::filesystem::path& path) {
  const base::MappedFile file(path);
  return kind_of(file.bytes()) != TableKind::none;
}

}  // namespace vits::formats
