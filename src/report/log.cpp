#include "vits/report/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <map>
#include <mutex>

#include "log_tap.h"
#include "terminal_line.h"

namespace vits::report {

namespace {

spdlog::logger& logger() {
  static const auto made = [] {
    auto log = spdlog::stderr_color_mt("vits-train");
    log->set_pattern("%v");
    return log;
  }();
  return *made;
}

struct Taps {
  std::mutex mutex;
  std::map<const LogTap*, std::function<void(const std::string&)>> by_owner;
};

Taps& taps() {
  static Taps made;
  return made;
}

std::string whole_line(Level level, std::string_view room, std::string_view text) {
  switch (level) {
    case Level::kInfo:
      return fmt::format("[{}] {}", room, text);
    case Level::kWarn:
      return fmt::format("[{}] warning: {}", room, text);
    case Level::kError:
      break;
  }
  return fmt::format("error: {}", text);
}

spdlog::level::level_enum loudness(Level level) {
  return level == Level::kInfo ? spdlog::level::info : level == Level::kWarn ? spdlog::level::warn : spdlog::level::err;
}

}  // namespace

LogTap::LogTap(std::function<void(const std::string& line)> hear) {
  const std::lock_guard lock(taps().mutex);
  taps().by_owner[this] = std::move(hear);
}

LogTap::~LogTap() {
  const std::lock_guard lock(taps().mutex);
  taps().by_owner.erase(this);
}

void log_line(Level level, std::string_view room, std::string_view text) {
  const std::string line = whole_line(level, room, text);
  print_above_line([&] {
    logger().log(loudness(level), "{}", line);
    logger().flush();
  });
  const std::lock_guard lock(taps().mutex);
  for (const auto& [owner, hear] : taps().by_owner) hear(line);
}

void error(std::string_view text) { log_line(Level::kError, {}, text); }

}  // namespace vits::report
