#include "vits/train/out_of_memory.h"

#include <ATen/core/CachingHostAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/util/Exception.h>

#include <new>
#include <string_view>

#include "vits/base/heap.h"

namespace vits::train {

bool is_out_of_memory(const std::exception& failure) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&failure) || dynamic_cast<const std::bad_alloc*>(&failure))
    return true;
  if (!dynamic_cast<const c10::Error*>(&failure)) return false;
  const std::string_view text = failure.what();
  for (const char* words : {"DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough memory",
                            "CUDA error: out of memory", "CUDA out of memory", "CUDNN_STATUS_ALLOC_FAILED",
                            "CUBLAS_STATUS_ALLOC_FAILED", "CUFFT_ALLOC_FAILED"})
    if (text.find(words) != std::string_view::npos) return true;
  return false;
}

void release_memory(c10::Device device) {
  if (!device.is_cpu()) c10::getDeviceAllocator(device.type())->emptyCache();
  release_host_memory(device);
}

void release_host_memory(c10::Device device) {
  if (!device.is_cpu()) at::getHostAllocator(device.type())->empty_cache();
  base::give_back_freed_memory();
}

}  // namespace vits::train
