#include "arrow_table.h"

#include <algorithm>

#include "arrow_messages.h"
#include "cell_text.h"
#include "recent.h"
#include "table_errors.h"
#include "unpack.h"

namespace vits::formats {

namespace {

constexpr uint64_t kUnpackedBytesKept = 64ull << 20;

struct UnpackedBuffer {
  std::string text;
  uint64_t bytes() const { return text.size(); }
};

// A buffer's bytes, and what keeps them when they are not those of the file.
struct Buffer {
  Bytes bytes;
  std::shared_ptr<const UnpackedBuffer> unpacked;

  template <class Number>
  Number number(uint64_t i) const {
    check(i, sizeof(Number));
    Number value;
    std::memcpy(&value, bytes.data() + i * sizeof(Number), sizeof value);
    return value;
  }
  bool bit(uint64_t i) const { return number<uint8_t>(i / 8) >> (i % 8) & 1; }
  Bytes part(uint64_t begin, uint64_t count) const {
    if (begin > bytes.size() || count > bytes.size() - begin)
      throw Error("it is damaged: a value would end outside of its buffer");
    return bytes.subspan(begin, count);
  }
  uint64_t integer(uint64_t i, int64_t value_bytes) const {
    uint64_t bits = 0;
    check(i, static_cast<uint64_t>(value_bytes));
    std::memcpy(&bits, bytes.data() + i * static_cast<uint64_t>(value_bytes), static_cast<size_t>(value_bytes));
    return bits;
  }

 private:
  void check(uint64_t i, uint64_t value_bytes) const {
    if (i >= bytes.size() / value_bytes) throw Error("it is damaged: a buffer of {} bytes is too short", bytes.size());
  }
};

class ArrowTable : public ColumnarTable {
 public:
  explicit ArrowTable(std::unique_ptr<base::MappedFile> file)
      : file_(std::move(file)), messages_(read_arrow_messages(file_->bytes())), unpacked_(kUnpackedBytesKept) {
    for (const ArrowColumn& column : messages_.schema.columns) names_.push_back(column.name);
  }

  int64_t rows() const override { return messages_.rows; }
  const std::vector<std::string>& columns() const override { return names_; }
  const std::string& huggingface_metadata() const override { return messages_.schema.huggingface; }

  std::optional<std::string> value(size_t column, int64_t row) const override {
    check_cell(*this, file_->path(), column, row);
    return naming_the_cell(file_->path(), names_[column], row,
                           [&] { return cell(messages_.schema.columns[column], row); });
  }

 private:
  std::optional<std::string> cell(const ArrowColumn& column, int64_t row) const {
    const auto after = std::upper_bound(messages_.batches.begin(), messages_.batches.end(), row,
                                        [](int64_t r, const ArrowBatch& batch) { return r < batch.first_row; });
    const ArrowBatch& batch = *(after - 1);
    const uint64_t place = static_cast<uint64_t>(row - batch.first_row);
    for (const ArrowPlace& parent : column.parents)
      if (is_null(batch, parent, place)) return std::nullopt;
    auto value = leaf(batch, column.type, column.place, place);
    if (!column.dictionary || !value) return value;
    return from_dictionary(*column.dictionary, static_cast<size_t>(after - 1 - messages_.batches.begin()),
                           index(batch, column, place));
  }

  FlatTable table_of(const ArrowBatch& batch) const {
    return {file_->bytes().subspan(batch.metadata, batch.metadata_bytes), batch.table};
  }

  // The `which`th buffer of the field at `place`.
  Buffer buffer(const ArrowBatch& batch, const ArrowPlace& place, uint64_t which) const {
    const FlatTable table = table_of(batch);
    uint64_t number = place.buffer + which;
    const FlatVector data_buffers = table.vector(4, 8);  // of each view field
    for (uint64_t i = 0; i < place.views_before; ++i) number += data_buffers.number<uint64_t>(i);
    const FlatVector buffers = table.vector(2, 16);
    const auto offset = buffers.number<uint64_t>(number), bytes = buffers.number<uint64_t>(number, 8);
    if (offset > batch.body_bytes || bytes > batch.body_bytes - offset)
      throw Error("it is damaged: a buffer would end outside of its batch");
    const Bytes stored = file_->bytes().subspan(batch.body + offset, bytes);
    const auto compression = table.table(3);
    return compression && !stored.empty() ? unpacked(stored, *compression) : Buffer{stored, nullptr};
  }

  // Packed buffers begin with the size that they unpack to; -1 says that this one was left as it is.
  Buffer unpacked(Bytes stored, const FlatTable& compression) const {
    ByteReader reader(stored);
    const auto size = reader.next<int64_t>();
    if (size == -1) return {reader.rest(), nullptr};
    const auto codec = compression.number<int8_t>(0, 0);
    if (size < 0 || codec < 0 || codec > 1) throw Error("it is packed in a way that is not known here");
    auto text = unpacked_.get(static_cast<uint64_t>(stored.data() - file_->bytes().data()), [&] {
      return UnpackedBuffer{
          unpack(codec == 0 ? Codec::lz4_frame : Codec::zstd, reader.rest(), static_cast<uint64_t>(size))};
    });
    return {Bytes(text->text.data(), text->text.size()), text};
  }

  bool is_null(const ArrowBatch& batch, const ArrowPlace& place, uint64_t row) const {
    const FlatVector nodes = table_of(batch).vector(1, 16);
    if (row >= nodes.number<uint64_t>(place.node)) throw Error("it is damaged: the column ends before this row");
    if (nodes.number<int64_t>(place.node, 8) == 0) return false;
    const Buffer valid = buffer(batch, place, 0);
    return !valid.bytes.empty() && !valid.bit(row);
  }

  std::optional<std::string> leaf(const ArrowBatch& batch, const ArrowType& type, const ArrowPlace& place,
                                  uint64_t row) const {
    if (type.kind == ArrowKind::null || is_null(batch, place, row)) return std::nullopt;
    const Buffer first = buffer(batch, place, 1);
    switch (type.kind) {
      case ArrowKind::boolean:
        return boolean_text(first.bit(row));
      case ArrowKind::integer:
        return integer_text(first.integer(row, type.value_bytes), type.value_bytes, type.is_signed);
      case ArrowKind::real:
        return real_text(first.integer(row, type.value_bytes), type.value_bytes);
      case ArrowKind::fixed_bytes: {
        const auto bytes = static_cast<uint64_t>(type.value_bytes);
        return std::string(as_text(first.part(row * bytes, bytes)));
      }
      case ArrowKind::bytes:
        return between(batch, place, first.number<uint32_t>(row), first.number<uint32_t>(row + 1));
      case ArrowKind::large_bytes:
        return between(batch, place, first.number<uint64_t>(row), first.number<uint64_t>(row + 1));
      default:
        return view(batch, place, first.part(16 * row, 16));
    }
  }

  std::string between(const ArrowBatch& batch, const ArrowPlace& place, uint64_t begin, uint64_t end) const {
    if (end < begin) throw Error("it is damaged: a value would end before it begins");
    return std::string(as_text(buffer(batch, place, 2).part(begin, end - begin)));
  }

  // Up to 12 bytes stand in the view; of longer ones it has the size, the first four bytes, a buffer and a place there.
  std::string view(const ArrowBatch& batch, const ArrowPlace& place, Bytes view) const {
    constexpr uint32_t kMostInView = 12;
    ByteReader reader(view);
    const auto bytes = reader.next<uint32_t>();
    if (bytes <= kMostInView) return std::string(as_text(reader.take(bytes)));
    reader.take(4);
    const auto which = reader.next<uint32_t>(), begin = reader.next<uint32_t>();
    if (which >= table_of(batch).vector(4, 8).number<uint64_t>(place.views_before))
      throw Error("it is damaged: a value would stand in buffer {}", which);
    return std::string(as_text(buffer(batch, place, 2 + which).part(begin, bytes)));
  }

  int64_t index(const ArrowBatch& batch, const ArrowColumn& column, uint64_t row) const {
    const int unused = static_cast<int>(64 - 8 * column.type.value_bytes);
    const uint64_t high = buffer(batch, column.place, 1).integer(row, column.type.value_bytes) << unused;
    return column.type.is_signed ? static_cast<int64_t>(high) >> unused : static_cast<int64_t>(high >> unused);
  }

  std::optional<std::string> from_dictionary(const ArrowColumn::Dictionary& dictionary, size_t user,
                                             int64_t index) const {
    const auto found = messages_.dictionaries.find(dictionary.id);
    if (found != messages_.dictionaries.end()) {
      // Backwards over the deltas to the part that they continue.
      for (auto part = found->second.rbegin(); part != found->second.rend(); ++part) {
        if (part->first_user > user) continue;
        const int64_t row = index - part->batch.first_row;
        if (row >= 0 && row < part->batch.rows)
          return leaf(part->batch, dictionary.type, ArrowPlace{}, static_cast<uint64_t>(row));
        if (!part->is_delta) break;
      }
    }
    throw Error("it is damaged: its dictionary has no value {}", index);
  }

  std::unique_ptr<base::MappedFile> file_;
  ArrowMessages messages_;
  std::vector<std::string> names_;
  mutable Recent<uint64_t, UnpackedBuffer> unpacked_;  // by place in the file
};

}  // namespace

std::shared_ptr<const ColumnarTable> open_arrow_table(std::unique_ptr<base::MappedFile> file) {
  return std::make_shared<ArrowTable>(std::move(file));
}

}  // namespace vits::formats
