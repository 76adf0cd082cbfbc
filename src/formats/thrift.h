// Thrift's compact protocol, as Parquet's footer and page headers are written in it, read without a tree of values.
//
// A struct is a row of fields, each with its number (as the distance from the one before) and type, ended by a zero.
#pragma once
#include <cstdint>
#include <string_view>

#include "byte_reader.h"

namespace vits::formats {

class Thrift {
 public:
  enum Type : uint8_t {
    kTrue = 1,
    kFalse,
    kByte,
    kInt16,
    kInt32,
    kInt64,
    kDouble,
    kBinary,
    kList,
    kSet,
    kMap,
    kStruct
  };

  explicit Thrift(Bytes bytes) : bytes_(bytes) {}
  size_t left() const { return bytes_.left(); }

  // Calls read(number, type) for each field; what it answers false to is skipped.
  template <class Read>
  void structure(Read&& read) {
    const Deeper deeper(*this);
    for (int64_t number = 0;;) {
      const auto head = bytes_.next<uint8_t>();
      if (head == 0) return;
      const uint8_t type = head & 15;
      number = head >> 4 ? number + (head >> 4) : bytes_.signed_varint();
      if (!read(number, type)) skip(type);
    }
  }

  // Calls read(type) for each element of a list, which must read it.
  template <class Read>
  void list(uint8_t type, Read&& read) {
    expect(type == kList || type == kSet);
    const Deeper deeper(*this);
    const auto head = bytes_.next<uint8_t>();
    const uint64_t count = head >> 4 == 15 ? bytes_.varint() : head >> 4;
    expect(count <= bytes_.left());  // each takes a byte at least
    for (uint64_t i = 0; i < count; ++i) read(static_cast<uint8_t>(head & 15));
  }

  // Each is true, so that a reader of fields can say: return thrift.integer(type, value).
  template <class Integer>
  bool integer(uint8_t type, Integer& value) {
    expect(type >= kByte && type <= kInt64);
    const int64_t read = type == kByte ? bytes_.next<int8_t>() : bytes_.signed_varint();
    value = static_cast<Integer>(read);
    expect(static_cast<int64_t>(value) == read);
    return true;
  }
  bool boolean(uint8_t type, bool& value) {  // of a field; its type says it
    expect(type == kTrue || type == kFalse);
    value = type == kTrue;
    return true;
  }
  template <class Text>
  bool text(uint8_t type, Text& value) {
    expect(type == kBinary);
    value = Text(as_text(bytes_.take(bytes_.varint())));
    return true;
  }

  void skip(uint8_t type);

 private:
  static constexpr int kDeepest = 64;

  struct Deeper {
    explicit Deeper(Thrift& thrift) : reader(thrift) { expect(++reader.depth_ <= kDeepest); }
    ~Deeper() { --reader.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Thrift& reader;
  };

  void skip_element(uint8_t type);
  static void expect(bool condition) {
    if (!condition) throw Error("its metadata is damaged");
  }

  ByteReader bytes_;
  int depth_ = 0;
};

}  // namespace vits::formats
