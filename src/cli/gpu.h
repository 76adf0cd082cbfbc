// The graphics cards of this machine as the driver's own program, nvidia-smi, reports them; empty without a driver.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace vits::cli {

struct Gpu {
  std::string name, driver, compute_capability;
  uint64_t total_bytes = 0, free_bytes = 0;
};

std::vector<Gpu> graphics_cards();

// The rows of `nvidia-smi --query-gpu=name,driver_version,compute_cap,memory.total,memory.free
// --format=csv,noheader,nounits`.
std::vector<Gpu> cards_from_rows(const std::string& rows);

}  // namespace vits::cli
