// Log lines on standard error, each beginning with the room it comes from: "[data] 4,812 of 4,900 rows kept". `warn`
// means that a person may want to act. Standard output is kept for what was asked for.
#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace vits::report {

enum class Level { kInfo, kWarn, kError };

void log_line(Level level, std::string_view room, std::string_view text);

template <class... Args>
void info(std::string_view room, fmt::format_string<Args...> text, Args&&... args) {
  log_line(Level::kInfo, room, fmt::format(text, std::forward<Args>(args)...));
}

template <class... Args>
void warn(std::string_view room, fmt::format_string<Args...> text, Args&&... args) {
  log_line(Level::kWarn, room, fmt::format(text, std::forward<Args>(args)...));
}

// Once, before the end, without a room: the text says where.
void error(std::string_view text);

}  // namespace vits::report
