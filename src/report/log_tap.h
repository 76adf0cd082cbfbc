// Hears every log line of the program while it lives: how train.log gets what other rooms say.
#pragma once
#include <functional>
#include <string>

namespace vits::report {

class LogTap {
 public:
  // `hear` gets the line as it is printed, without its end, in the thread that says it. It must not log itself.
  explicit LogTap(std::function<void(const std::string& line)> hear);
  ~LogTap();
  LogTap(const LogTap&) = delete;
  LogTap& operator=(const LogTap&) = delete;
};

}  // namespace vits::report
