// What of a data set was not taken, and the list of it that a person finds.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace vits::data {

// Why in words that say what to do; what stands before the first colon is the kind of reason.
struct Rejected {
  std::string id;
  std::string file;
  int64_t row = 0;  // 0: none
  std::string reason;
};

// As CSV: id,file,row,reason.
std::string rejected_csv(const std::vector<Rejected>& rejected);

}  // namespace vits::data
