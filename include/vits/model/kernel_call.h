// Runs a kernel of ours where its tensors are.
#pragma once
#include <ATen/Dispatch.h>
#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>
#include <c10/core/Device.h>

#include "vits/base/error.h"

#ifdef VITS_CUDA_KERNELS
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#endif

// Runs a lambda in which scalar_t is the type of the tensor's numbers: float, double or either half.
#define VITS_FOR_NUMBERS_OF(tensor, name, ...) \
  AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, tensor.scalar_type(), name, __VA_ARGS__)

namespace vits::model {

// What a kernel reads: null for a tensor that is not given.
template <typename T>
const T* data_or_null(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<T>() : nullptr;
}

// `name`, of static life, is what a profile shows. on_cpu() on the processor, on_cuda(stream), which returns a
// cudaError_t, on a card; Error where this build has no kernel for the device.
template <class OnCpu, class OnCuda>
void call_kernel(const char* name, const c10::Device& device, const OnCpu& on_cpu,
                 [[maybe_unused]] const OnCuda& on_cuda) {
  RECORD_FUNCTION(name, c10::ArrayRef<const c10::IValue>{});
  if (device.is_cpu()) {
    on_cpu();
    return;
  }
#ifdef VITS_CUDA_KERNELS
  if (device.is_cuda()) {
    const c10::cuda::CUDAGuard on_device(device);
    C10_CUDA_CHECK(on_cuda(at::cuda::getCurrentCUDAStream()));
    return;
  }
#endif
  throw Error(
      "This build of vits-train has no CUDA kernels, but was asked to run on {}. Build it where nvcc is found, or run "
      "with --device cpu.",
      device.str());
}

}  // namespace vits::model
