#include "gpu.h"

#include <c10/core/CachingDeviceAllocator.h>

#include <cstdlib>
#include <sstream>

#include "vits/base/process.h"

namespace vits::cli {

std::vector<Gpu> cards_from_rows(const std::string& rows) {
  std::vector<Gpu> cards;
  std::istringstream lines(rows);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');)
      cells.push_back(cell.substr(std::min(cell.find_first_not_of(' '), cell.size())));
    if (cells.size() != 5) continue;
    const auto mebibytes = [](const std::string& cell) { return std::strtoull(cell.c_str(), nullptr, 10) << 20; };
    cards.push_back({cells[0], cells[1], cells[2], mebibytes(cells[3]), mebibytes(cells[4])});
  }
  return cards;
}

std::vector<Gpu> graphics_cards() {
  if (base::find_program("nvidia-smi").empty()) return {};
  const auto finished =
      base::run_program({"nvidia-smi", "--query-gpu=name,driver_version,compute_cap,memory.total,memory.free",
                         "--format=csv,noheader,nounits"});
  return finished.exit_code == 0 ? cards_from_rows(finished.output) : std::vector<Gpu>{};
}

uint64_t free_bytes_for_training() { return c10::getDeviceAllocator(c10::kCUDA)->getMemoryInfo(0).first; }

}  // namespace vits::cli
