// A message of protocol buffers, written field by field.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace vits::formats {

class ProtobufMessage {
 public:
  ProtobufMessage& whole(int field, int64_t value) {
    key(field, 0);
    varint(static_cast<uint64_t>(value));
    return *this;
  }
  ProtobufMessage& float64(int field, double value) {
    key(field, 1);
    return raw(value);
  }
  ProtobufMessage& float32(int field, float value) {
    key(field, 5);
    return raw(value);
  }
  ProtobufMessage& bytes(int field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    text_ += value;
    return *this;
  }
  ProtobufMessage& message(int field, const ProtobufMessage& value) { return bytes(field, value.text_); }

  const std::string& text() const { return text_; }

 private:
  void key(int field, int wire_type) { varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire_type)); }
  void varint(uint64_t value) {
    for (; value > 127; value >>= 7) text_ += static_cast<char>(value | 128);
    text_ += static_cast<char>(value);
  }
  template <class Number>
  ProtobufMessage& raw(Number value) {
    char memory[sizeof value];
    std::memcpy(memory, &value, sizeof value);  // little-endian, as all machines that LibTorch serves are
    text_.append(memory, sizeof value);
    return *this;
  }

  std::string text_;
};

}  // namespace vits::formats
