// Splits of a data set, and which of them the person wants.
#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vits::data {

// One name for what data sets call differently: train, validation (valid, val, dev ...) and test (testing, eval ...);
// other words stay, in small letters.
std::string split_name(std::string_view name);

// Whether a file or folder of this name holds one of the three.
bool is_usual_split(std::string_view name);

// "train" of train/a.wav; empty when the path does not begin with the folder of a split.
std::string split_folder_of(std::string_view path);

class SplitChoice {
 public:
  explicit SplitChoice(const std::vector<std::string>& wanted);

  bool takes(std::string_view split);  // all, unless some were named; "" is none of them

  // Throws UsageError when a split that was named has never been offered to takes().
  void check(const std::string& source) const;

 private:
  std::set<std::string> wanted_, seen_;
};

}  // namespace vits::data
