// How far long work has come: a bar that rewrites one line of a terminal, or, when standard error is no terminal, a
// plain line every ten seconds. Work of less than two seconds prints nothing.
#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace vits::report {

enum class Unit { kItems, kBytes };

class Progress {
 public:
  // `total` 0 means unknown. `noun` is what is counted: "files", "sentences".
  Progress(std::string label, int64_t total, std::string noun, Unit unit = Unit::kItems);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void set(int64_t done);
  void set_total(int64_t total);
  void add(int64_t more);

 private:
  void show(bool last);
  std::string text(double seconds) const;

  std::string label_, noun_;
  int64_t total_, done_ = 0;
  Unit unit_;
  bool terminal_, shown_ = false;
  std::chrono::steady_clock::time_point begin_, last_;
  std::mutex mutex_;
};

}  // namespace vits::report
