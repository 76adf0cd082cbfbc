#include "parquet_table.h"

#include <algorithm>

#include "cell_text.h"
#include "parquet_footer.h"
#include "parquet_page.h"
#include "recent.h"
#include "table_errors.h"

namespace vits::formats {

namespace {

constexpr uint64_t kIndexBytesKept = 16ull << 20, kDictionaryBytesKept = 32ull << 20, kPageBytesKept = 64ull << 20;

struct ChunkKey {
  size_t group, column;
  bool operator==(const ChunkKey&) const = default;
};
struct PageKey {
  size_t group, column, page;
  bool operator==(const PageKey&) const = default;
};

struct Dictionary {
  std::shared_ptr<const ParquetPageValues> values;
  uint64_t bytes() const { return values->bytes(); }
};

class ParquetTable : public ColumnarTable {
 public:
  explicit ParquetTable(std::unique_ptr<base::MappedFile> file)
      : file_(std::move(file)), footer_(read_parquet_footer(file_->bytes())) {
    for (const ParquetColumn& column : footer_.columns) names_.push_back(column.name);
  }

  int64_t rows() const override { return footer_.rows; }
  const std::vector<std::string>& columns() const override { return names_; }
  const std::string& huggingface_metadata() const override { return footer_.huggingface; }

  std::optional<std::string> value(size_t column, int64_t row) const override {
    check_cell(*this, file_->path(), column, row);
    return naming_the_cell(file_->path(), names_[column], row, [&] { return cell(column, row); });
  }

 private:
  std::optional<std::string> cell(size_t column, int64_t row) const {
    const auto& groups = footer_.row_groups;
    const auto after_group = std::upper_bound(
        groups.begin(), groups.end(), row, [](int64_t r, const ParquetRowGroup& group) { return r < group.first_row; });
    const auto group = static_cast<size_t>(after_group - 1 - groups.begin());
    const int64_t row_of_group = row - groups[group].first_row;
    const auto index = indices_.get(
        {group, column}, [&] { return find_pages(footer_.pages, groups[group].chunks[column], groups[group].rows); });
    const auto after_page =
        std::upper_bound(index->pages.begin(), index->pages.end(), row_of_group,
                         [](int64_t r, const ParquetPagePlace& place) { return r < place.first_row; });
    const auto& place = *(after_page - 1);
    const auto page = pages_.get({group, column, static_cast<size_t>(after_page - 1 - index->pages.begin())},
                                 [&] { return unpacked_page(group, column, *index, place); });
    const auto row_of_page = static_cast<size_t>(row_of_group - place.first_row);
    const size_t value = page->value_of_row.empty() ? row_of_page : page->value_of_row[row_of_page];
    if (value == ParquetPage::kNull) return std::nullopt;
    return text_of(footer_.columns[column], page->values->values, value);
  }

  ParquetPage unpacked_page(size_t group, size_t column, const ParquetPageIndex& index,
                            const ParquetPagePlace& place) const {
    const Codec codec = footer_.row_groups[group].chunks[column].codec;
    std::shared_ptr<const ParquetPageValues> dictionary;
    if (needs_dictionary(place) && index.dictionary)
      dictionary = dictionaries_
                       .get({group, column},
                            [&] {
                              return Dictionary{
                                  read_dictionary(footer_.pages, footer_.columns[column], codec, *index.dictionary)};
                            })
                       ->values;
    return read_page(footer_.pages, footer_.columns[column], codec, place, dictionary);
  }

  static std::string text_of(const ParquetColumn& column, const ParquetValues& values, size_t i) {
    switch (column.type) {
      case ParquetType::boolean:
        return boolean_text(values.numbers[i] != 0);
      case ParquetType::int32:
        return integer_text(values.numbers[i], 4, column.is_signed);
      case ParquetType::int64:
        return integer_text(values.numbers[i], 8, column.is_signed);
      case ParquetType::float32:
        return real_text(values.numbers[i], 4);
      case ParquetType::float64:
        return real_text(values.numbers[i], 8);
      default:
        break;
    }
    if (!column.is_half) return std::string(values.texts[i]);
    uint16_t bits = 0;
    std::memcpy(&bits, values.texts[i].data(), sizeof bits);
    return real_text(bits, sizeof bits);
  }

  std::unique_ptr<base::MappedFile> file_;
  ParquetFooter footer_;
  std::vector<std::string> names_;
  // A page's maker asks for its dictionary, so those have a lock of their own.
  mutable Recent<ChunkKey, ParquetPageIndex> indices_{kIndexBytesKept};
  mutable Recent<ChunkKey, Dictionary> dictionaries_{kDictionaryBytesKept};
  mutable Recent<PageKey, ParquetPage> pages_{kPageBytesKept};
};

}  // namespace

bool is_parquet(Bytes file) { return as_text(file).starts_with("PAR1") || as_text(file).starts_with("PARE"); }

std::shared_ptr<const ColumnarTable> open_parquet_table(std::unique_ptr<base::MappedFile> file) {
  return std::make_shared<ParquetTable>(std::move(file));
}

}  // namespace vits::formats
