// Figures as a person reads them.
#pragma once
#include <cstdint>
#include <string>

namespace vits::report {

std::string thousands(int64_t number);      // 36,284,592
std::string bytes_text(uint64_t bytes);     // 138.4 MB, in powers of 1,000 as disks are sold
std::string duration_text(double seconds);  // 4.2 s, 3 min 20 s, 9 h 30 min

}  // namespace vits::report
