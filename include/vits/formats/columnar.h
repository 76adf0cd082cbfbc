// Tables that other programs keep by column: Apache Arrow (what `datasets.save_to_disk` writes, stream and file form)
// and Apache Parquet (what a hub stores), read without their libraries.
//
// Only what a data set of recordings needs: columns of text, bytes, numbers and booleans, also inside structs, nulls
// included. A column is named by its path, "sentence" or "audio.bytes". Lists and maps are no columns here; a table may
// have them. What cannot be read (a codec, an encoding, encryption) is an Error that names it and the file.
//
// The file is mapped and any row can be asked for in any order; of a Parquet file a few unpacked pages are kept, so
// memory does not grow with the file.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vits::formats {

class ColumnarTable {
 public:
  virtual ~ColumnarTable() = default;

  // Throws Error when the file is neither Arrow nor Parquet, or broken.
  static std::shared_ptr<const ColumnarTable> open(const std::filesystem::path& path);

  virtual int64_t rows() const = 0;
  virtual const std::vector<std::string>& columns() const = 0;

  // Bytes as they are, text as UTF-8, numbers and booleans in words ("12", "0.5", "true"); nothing for null. `column`
  // counts in columns(). Safe to call from several threads. Throws Error that names file, column and row.
  virtual std::optional<std::string> value(size_t column, int64_t row) const = 0;

  // JSON that the writer left about the columns (of Hugging Face: the features and their class names); may be empty.
  virtual const std::string& huggingface_metadata() const = 0;

  std::optional<size_t> find(const std::string& column) const;
};

bool is_columnar(const std::filesystem::path& path);  // by content

}  // namespace vits::formats
