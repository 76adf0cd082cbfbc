#include "vits/train/out_of_memory.h"

#include <ATen/ATen.h>
#include <ATen/core/CachingHostAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <initializer_list>
#include <new>
#include <string_view>

#include "vits/base/heap.h"

namespace vits::train {

namespace {

bool names_one_of(const std::string_view text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

bool is_failure_of_library(const std::exception& failure) {
  if (!dynamic_cast<const c10::Error*>(&failure)) return false;
  return names_one_of(failure.what(),
                      {// cuFFT takes the memory of a plan from the card itself, beside LibTorch's allocator, and says
                       // no more when it gets none: pytorch issue 119420.
                       "CUFFT_INTERNAL_ERROR",
                       // Neither library finds room for its handle.
                       "CUBLAS_STATUS_NOT_INITIALIZED", "CUDNN_STATUS_NOT_INITIALIZED",
                       // cuDNN tried all its ways, and none found room for its workspace.
                       "unable to find an engine to execute this computation"});
}

bool is_out_of_memory(const std::exception& failure) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&failure) || dynamic_cast<const std::bad_alloc*>(&failure))
    return true;
  const std::string_view text = failure.what();
  // oneDNN's own type of error, which says no more; what it cannot do at all it says when it is asked for a descriptor.
  if (text == "could not create a primitive" || text == "could not execute a primitive") return true;
  if (!dynamic_cast<const c10::Error*>(&failure)) return false;
  return is_failure_of_library(failure)
         || names_one_of(text, {"DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough memory",
                                "CUDA error: out of memory", "CUDA out of memory", "CUBLAS_STATUS_ALLOC_FAILED",
                                "CUFFT_ALLOC_FAILED",
                                // cuDNN's, on the card and on the host
                                "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
                                "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED"});
}

std::string want_of_memory(const std::exception& failure) {
  const std::string text = failure.what(), words = "ried to allocate ";
  const std::string line = text.substr(0, text.find('\n'));
  const size_t found = text.find(words);
  if (found == std::string::npos) return line.substr(0, line.find(". "));
  const std::string amount = text.substr(found + words.size(), 40);
  return amount.substr(0, std::min(amount.find(". "), amount.find('\n'))) + " were asked for";
}

FailedPasses::FailedPasses() : oldest_(at::zeros({}).set_requires_grad(true) * 1) {}

void FailedPasses::forget() { oldest_.backward({}, /*retain_graph=*/true); }

void release_memory(c10::Device device) {
  if (!device.is_cpu()) c10::getDeviceAllocator(device.type())->emptyCache();
  release_host_memory(device);
}

void release_host_memory(c10::Device device) {
  if (!device.is_cpu()) at::getHostAllocator(device.type())->empty_cache();
  base::give_back_freed_memory();
}

}  // namespace vits::train
