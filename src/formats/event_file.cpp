#include "vits/formats/event_file.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstring>

#include "protobuf.h"
#include "vits/base/machine.h"

namespace vits::formats {

namespace {

// CRC-32C, the polynomial of Castagnoli, its bits from the lowest.
uint32_t crc32c(std::string_view bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> made{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
      uint32_t sum = byte;
      for (int bit = 0; bit < 8; ++bit) sum = (sum & 1 ? 0x82F63B78u : 0u) ^ sum >> 1;
      made[byte] = sum;
    }
    return made;
  }();
  uint32_t sum = ~0u;
  for (const char byte : bytes) sum = table[(sum ^ static_cast<unsigned char>(byte)) & 255] ^ sum >> 8;
  return ~sum;
}

template <class Number>
std::string little_endian(Number value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// TensorFlow rotates a checksum and adds a constant, because the sum of bytes that hold their own sum is degenerate.
std::string masked_sum(std::string_view bytes) {
  const uint32_t sum = crc32c(bytes);
  return little_endian<uint32_t>((sum >> 15 | sum << 17) + 0xA282EAD8u);
}

std::string record(const ProtobufMessage& event) {
  const std::string& body = event.text();
  const std::string length = little_endian<uint64_t>(body.size());
  return length + masked_sum(length) + body + masked_sum(body);
}

// The numbers of the fields are those of TensorFlow's event.proto and summary.proto.
ProtobufMessage event_at(const EventTime& when) {
  ProtobufMessage event;
  event.float64(1, when.unix_seconds).whole(2, when.step);
  return event;
}

std::string one_value(const EventTime& when, const ProtobufMessage& value) {
  return record(event_at(when).message(5, ProtobufMessage().message(1, value)));
}

}  // namespace

std::string event_file_name(int64_t unix_seconds) {
  static std::atomic<int> number = 0;
  return fmt::format("events.out.tfevents.{}.{}.{}.{}", unix_seconds, base::host_name(), base::process_id(), number++);
}

std::string first_event(double unix_seconds) {
  ProtobufMessage event;
  return record(event.float64(1, unix_seconds).bytes(3, "brain.Event:2"));
}

std::string session_start_event(const EventTime& when) {
  constexpr int64_t kStart = 1;
  return record(event_at(when).message(7, ProtobufMessage().whole(1, kStart)));
}

std::string scalars_event(const EventTime& when, Scalars values) {
  ProtobufMessage summary;
  for (const auto& [tag, value] : values)
    summary.message(1, ProtobufMessage().bytes(1, tag).float32(2, static_cast<float>(value)));
  return record(event_at(when).message(5, summary));
}

std::string image_event(const EventTime& when, std::string_view tag, int64_t width, int64_t height,
                        std::string_view png) {
  constexpr int64_t kRedGreenBlue = 3;
  ProtobufMessage image;
  image.whole(1, height).whole(2, width).whole(3, kRedGreenBlue).bytes(4, png);
  return one_value(when, ProtobufMessage().bytes(1, tag).message(4, image));
}

std::string audio_event(const EventTime& when, std::string_view tag, int64_t sample_rate_hz, int64_t samples,
                        std::string_view wav) {
  ProtobufMessage audio;
  audio.float32(1, static_cast<float>(sample_rate_hz)).whole(2, 1).whole(3, samples).bytes(4, wav);
  return one_value(when, ProtobufMessage().bytes(1, tag).message(6, audio.bytes(5, "audio/wav")));
}

std::string text_event(const EventTime& when, std::string_view tag, std::string_view markdown) {
  constexpr int64_t kString = 7;
  const ProtobufMessage no_dimensions;  // a table of one cell would be drawn around the text otherwise
  ProtobufMessage tensor;
  tensor.whole(1, kString).message(2, no_dimensions).bytes(8, markdown);
  const auto plugin = ProtobufMessage().message(1, ProtobufMessage().bytes(1, "text"));
  return one_value(when, ProtobufMessage().bytes(1, tag).message(8, tensor).message(9, plugin));
}

}  // namespace vits::formats
