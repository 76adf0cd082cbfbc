// CUDA graphs by LibTorch's CUDAGraph. All recordings of a recorder share one pool of memory: they run one after the
// other and leave nothing behind, so what one used the next may use.
#pragma once
#include <memory>

#include "vits/train/graph_recorder.h"

namespace vits::train {

std::unique_ptr<GraphRecorder> cuda_graph_recorder(c10::Device device);

}  // namespace vits::train
