// FlatBuffers as Arrow's metadata uses them, read in place. Every offset is checked before it is followed; nothing says
// that offsets do not lead in circles, so whoever descends counts the steps.
//
// A table begins with the distance back to its vtable; the vtable holds its own size, the table's size and, for each
// slot, where in the table the field stands (0: it has its default). Texts, vectors and other tables are given by the
// distance from the field to them; a vector begins with its count.
#pragma once
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "byte_reader.h"

namespace vits::formats {

template <class Number>
Number flat_number(Bytes bytes, uint64_t at) {
  if (at > bytes.size() || bytes.size() - at < sizeof(Number))
    throw Error("its metadata is damaged: it points to byte {} of {}", at, bytes.size());
  Number value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

class FlatVector;

class FlatTable {
 public:
  FlatTable(Bytes bytes, uint64_t at) : bytes_(bytes), at_(at) {
    const int64_t vtable = static_cast<int64_t>(at) - flat_number<int32_t>(bytes, at);
    if (vtable < 0) throw Error("its metadata is damaged: it points before its beginning");
    vtable_ = static_cast<uint64_t>(vtable);
    vtable_bytes_ = flat_number<uint16_t>(bytes, vtable_);
  }
  static FlatTable root(Bytes bytes) { return {bytes, flat_number<uint32_t>(bytes, 0)}; }

  uint64_t place() const { return at_; }  // FlatTable(bytes, place()) is this table again

  template <class Number>
  Number number(int slot, Number otherwise) const {
    const uint64_t at = field(slot);
    return at == 0 ? otherwise : flat_number<Number>(bytes_, at);
  }
  std::optional<FlatTable> table(int slot) const {
    const uint64_t at = field(slot);
    if (at == 0) return std::nullopt;
    return FlatTable(bytes_, at + flat_number<uint32_t>(bytes_, at));
  }
  inline FlatVector vector(int slot, uint64_t element_bytes) const;
  inline std::string_view text(int slot) const;

 private:
  uint64_t field(int slot) const {
    const uint64_t entry = 4 + 2 * static_cast<uint64_t>(slot);
    if (entry + 2 > vtable_bytes_) return 0;
    const auto offset = flat_number<uint16_t>(bytes_, vtable_ + entry);
    return offset == 0 ? 0 : at_ + offset;
  }

  Bytes bytes_;
  uint64_t at_, vtable_, vtable_bytes_;
};

// Numbers and structs stand in it one after the other, tables as distances (element_bytes 4).
class FlatVector {
 public:
  FlatVector() = default;
  FlatVector(Bytes bytes, uint64_t at, uint64_t element_bytes)
      : bytes_(bytes), begin_(at + 4), count_(flat_number<uint32_t>(bytes, at)), element_bytes_(element_bytes) {
    if (count_ * element_bytes > bytes.size() - begin_)
      throw Error("its metadata is damaged: a list of {} does not fit in", count_);
  }

  uint64_t count() const { return count_; }
  template <class Number>
  Number number(uint64_t i, uint64_t offset = 0) const {
    check(i);
    return flat_number<Number>(bytes_, begin_ + i * element_bytes_ + offset);
  }
  FlatTable table(uint64_t i) const {
    const uint64_t at = begin_ + i * element_bytes_;
    return {bytes_, at + number<uint32_t>(i)};
  }
  std::string_view text() const { return as_text(bytes_.subspan(begin_, count_)); }

 private:
  void check(uint64_t i) const {
    if (i >= count_) throw Error("its metadata is damaged: entry {} of a list of {} is asked for", i, count_);
  }

  Bytes bytes_;
  uint64_t begin_ = 0, count_ = 0, element_bytes_ = 1;
};

FlatVector FlatTable::vector(int slot, uint64_t element_bytes) const {
  const uint64_t at = field(slot);
  if (at == 0) return {};
  return {bytes_, at + flat_number<uint32_t>(bytes_, at), element_bytes};
}

std::string_view FlatTable::text(int slot) const {
  const FlatVector bytes = vector(slot, 1);
  return bytes.count() == 0 ? std::string_view() : bytes.text();
}

}  // namespace vits::formats
