#include "terminal_line.h"

#include <cstdio>
#include <mutex>

namespace vits::report {

namespace {

std::mutex mutex;
std::string shown;  // empty: no line is open

constexpr const char* kEraseLine = "\r\033[K";

void put(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

void draw_line(const std::string& text) {
  const std::lock_guard lock(mutex);
  shown = text;
  put(kEraseLine + text);
}

void leave_line() {
  const std::lock_guard lock(mutex);
  if (!shown.empty()) put("\n");
  shown.clear();
}

void erase_line() {
  const std::lock_guard lock(mutex);
  if (!shown.empty()) put(kEraseLine);
  shown.clear();
}

void print_above_line(const std::function<void()>& print) {
  const std::lock_guard lock(mutex);
  if (!shown.empty()) put(kEraseLine);
  print();
  if (!shown.empty()) put(shown);
}

}  // namespace vits::report
