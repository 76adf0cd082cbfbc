// The graphics cards of this machine, as the driver's own program, nvidia-smi, reports them, and as LibTorch does:
// which of them training takes and what is free there only the latter knows. nvidia-smi has another order, pays no heed
// to CUDA_VISIBLE_DEVICES, and calls the memory of some cards [N/A].
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace vits::cli {

struct Gpu {
  std::string name, driver, compute_capability;
  uint64_t total_bytes = 0, free_bytes = 0;
};

std::vector<Gpu> graphics_cards();  // empty without a driver

// What is free on the card that training takes. Throws what LibTorch does when it cannot be asked.
uint64_t free_bytes_for_training();

// The rows of `nvidia-smi --query-gpu=name,driver_version,compute_cap,memory.total,memory.free
// --format=csv,noheader,nounits`.
std::vector<Gpu> cards_from_rows(const std::string& rows);

}  // namespace vits::cli
