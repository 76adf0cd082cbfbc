#include "vits/report/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "progress_line.h"

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

}  // namespace

void log_line(Level level, std::string_view room, std::string_view text) {
  clear_progress_line();
  switch (level) {
    case Level::kInfo:
      logger().info("[{}] {}", room, text);
      break;
    case Level::kWarn:
      logger().warn("[{}] warning: {}", room, text);
      break;
    case Level::kError:
      logger().error("error: {}", text);
      break;
  }
  logger().flush();
}

void error(std::string_view text) { log_line(Level::kError, {}, text); }

}  // namespace vits::report
