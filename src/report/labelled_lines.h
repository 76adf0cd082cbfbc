// Lines behind a column of labels:
//   Voice       facebook/mms-tts-eng
//               36,284,592 parameters
#pragma once
#include <fmt/format.h>

#include <string>

namespace vits::report {

class LabelledLines {
 public:
  // An empty label goes on with what the label above names. Without text there is no line.
  void add(const std::string& label, const std::string& text) {
    if (!text.empty()) text_ += fmt::format("{:<12}{}\n", label, text);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// "1 clip", "4,812 clips".
std::string counted(int64_t count, const std::string& noun);

}  // namespace vits::report
