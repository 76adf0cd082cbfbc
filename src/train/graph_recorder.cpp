#include "vits/train/graph_recorder.h"

#ifdef VITS_CUDA_KERNELS
#include "cuda_graph_recorder.h"
#endif

namespace vits::train {

std::unique_ptr<GraphRecorder> graph_recorder_of(c10::Device device, std::string& why_not) {
  if (device.is_cpu()) {
    why_not = "the CPU has no graphs";
    return nullptr;
  }
#ifdef VITS_CUDA_KERNELS
  if (device.is_cuda()) return cuda_graph_recorder(device);
#endif
  why_not = "this build has no CUDA";
  return nullptr;
}

}  // namespace vits::train
