#include "vits/report/progress.h"

#include <algorithm>
#include <cstdio>

#include "terminal_line.h"
#include "vits/base/machine.h"
#include "vits/report/figures.h"

#include <fmt/format.h>

namespace vits::report {

namespace {

constexpr double kQuietSeconds = 2.0;     // shorter work needs no bar
constexpr double kTerminalSeconds = 0.1;  // between two redraws
constexpr double kPlainSeconds = 10.0;    // between two plain lines

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

Progress::Progress(std::string label, int64_t total, std::string noun, Unit unit)
    : label_(std::move(label)),
      noun_(std::move(noun)),
      total_(total),
      unit_(unit),
      terminal_(base::is_terminal(stderr)),
      begin_(std::chrono::steady_clock::now()),
      last_(begin_) {}

Progress::~Progress() {
  if (shown_) show(true);
}

void Progress::set(int64_t done) {
  const std::lock_guard lock(mutex_);
  done_ = done;
  const auto now = std::chrono::steady_clock::now();
  if (seconds_between(begin_, now) < kQuietSeconds) return;
  if (shown_ && seconds_between(last_, now) < (terminal_ ? kTerminalSeconds : kPlainSeconds)) return;
  last_ = now;
  shown_ = true;
  show(false);
}

void Progress::set_total(int64_t total) {
  const std::lock_guard lock(mutex_);
  total_ = total;
}

void Progress::add(int64_t more) { set(done_ + more); }

std::string Progress::text(double seconds) const {
  const auto amount = [this](int64_t count) {
    return unit_ == Unit::kBytes ? bytes_text(static_cast<uint64_t>(std::max<int64_t>(count, 0))) : thousands(count);
  };
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  std::string line = label_ + "  " + amount(done_);
  if (total_ > 0) line += " of " + amount(total_);
  if (unit_ == Unit::kItems) line += " " + noun_;
  line += unit_ == Unit::kBytes ? fmt::format("  {}/s", bytes_text(static_cast<uint64_t>(rate)))
                                : fmt::format("  {:.1f}/s", rate);
  if (total_ > done_ && rate > 0) line += "  " + duration_text(static_cast<double>(total_ - done_) / rate) + " left";
  return line;
}

void Progress::show(bool last) {
  const double seconds = seconds_between(begin_, std::chrono::steady_clock::now());
  std::string line = text(seconds);
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", line.c_str());
    return;
  }
  const auto columns = static_cast<size_t>(std::max(20, base::terminal_columns() - 1));
  if (total_ > 0 && line.size() + 12 < columns) {
    const size_t width = std::min<size_t>(40, columns - line.size() - 4);
    const double share = std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0.0, 1.0);
    const auto filled = static_cast<size_t>(share * static_cast<double>(width));
    line = "[" + std::string(filled, '#') + std::string(width - filled, '.') + "] " + line;
  }
  draw_line(line.substr(0, columns));
  if (last) leave_line();
}

}  // namespace vits::report
