#include "memory_gauge.h"

#include <c10/core/CachingDeviceAllocator.h>

#include <algorithm>

#include "vits/base/machine.h"
#include "vits/base/resident_peak.h"

namespace vits::train {

namespace {

uint64_t difference(uint64_t of, uint64_t less) { return of - std::min(of, less); }

MemoryFigures figures_of_machine() {
  const base::Memory memory = base::memory();
  const uint64_t now = base::resident_bytes(), peak = base::take_resident_peak_bytes();
  MemoryFigures figures{.total_bytes = memory.total_bytes};
  figures.resting_bytes = difference(memory.total_bytes, memory.available_bytes);
  figures.peak_bytes = figures.resting_bytes + difference(peak, now);
  return figures;
}

MemoryFigures figures_of_card(c10::Device device) {
  auto* allocator = c10::getDeviceAllocator(device.type());
  const auto [free, total] = allocator->getMemoryInfo(device.index());
  const auto stats = allocator->getDeviceStats(device.index());
  allocator->resetPeakStats(device.index());
  const auto bytes = [](int64_t value) { return static_cast<uint64_t>(std::max<int64_t>(value, 0)); };
  const uint64_t reserved = bytes(stats.reserved_bytes[0].current), held = bytes(stats.allocated_bytes[0].current);
  const uint64_t others = difference(total - free, reserved);
  return {.total_bytes = total,
          .peak_bytes = others + bytes(stats.allocated_bytes[0].peak),
          .resting_bytes = others + held,
          .kept_bytes = difference(reserved, held)};
}

}  // namespace

MemoryFigures memory_figures(c10::Device device) {
  return device.is_cpu() ? figures_of_machine() : figures_of_card(device);
}

double share_of_others(c10::Device device) {
  if (device.is_cpu()) return 0.0;
  auto* allocator = c10::getDeviceAllocator(device.type());
  const auto [free, total] = allocator->getMemoryInfo(device.index());
  const int64_t reserved = allocator->getDeviceStats(device.index()).reserved_bytes[0].current;
  const uint64_t others = difference(total - free, static_cast<uint64_t>(std::max<int64_t>(reserved, 0)));
  return static_cast<double>(others) / static_cast<double>(std::max<uint64_t>(total, 1));
}

}  // namespace vits::train
