// TensorBoard's event files: records of protocol buffers, each between its length and two checksums, one after another.
//
// A function gives the bytes of one record, ready to be appended to the file; who appends decides what happens when the
// disk is full. A file begins with first_event(). TensorBoard reads all files of a folder in the order of their names,
// so a run that is continued opens a new file beside the old ones and begins it with session_start_event(), which makes
// TensorBoard forget what the older files say of that step and later ones (not their texts: those it keeps).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace vits::formats {

struct EventTime {
  double unix_seconds = 0.0;
  int64_t step = 0;
};

using Scalars = std::span<const std::pair<std::string, double>>;  // tag and value

// "events.out.tfevents.<unix seconds>.<host>.<process>.<number>", another one at every call.
std::string event_file_name(int64_t unix_seconds);

std::string first_event(double unix_seconds);
std::string session_start_event(const EventTime& when);
std::string scalars_event(const EventTime& when, Scalars values);  // kept as float32, NaN and infinity too
std::string image_event(const EventTime& when, std::string_view tag, int64_t width, int64_t height,
                        std::string_view png);
std::string audio_event(const EventTime& when, std::string_view tag, int64_t sample_rate_hz, int64_t samples,
                        std::string_view wav);
std::string text_event(const EventTime& when, std::string_view tag, std::string_view markdown);

}  // namespace vits::formats
