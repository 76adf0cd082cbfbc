#include "cuda_graph_recorder.h"

#ifdef VITS_CUDA_KERNELS
#include <ATen/ATen.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>

namespace vits::train {

namespace {

namespace memory = c10::cuda::CUDACachingAllocator;

// The loader's thread uses the card meanwhile, on a stream of its own: what it may call there is none of our business.
constexpr auto kMode = cudaStreamCaptureModeThreadLocal;

// A recorded kernel takes memory of the driver, so that some hundred megabytes may go to the graph of a step. What is
// free serves steps that are not recorded, too.
constexpr size_t kRoomShare = 6;

class CudaRecording : public Recording {
 public:
  at::cuda::CUDAGraph& graph() { return graph_; }
  void repeat() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

class CudaGraphRecorder : public GraphRecorder {
 public:
  explicit CudaGraphRecorder(c10::Device device)
      : device_(device.has_index() ? device.index() : c10::cuda::current_device()),
        side_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device_)),
        pool_(at::cuda::graph_pool_handle()) {}

  // On the stream that records: the workspaces of cuBLAS and cuDNN belong to a stream and are taken with its first
  // call.
  void warm_up(const DeviceWork& work) override {
    const c10::cuda::CUDAGuard on_device(device_);
    const auto ours = c10::cuda::getCurrentCUDAStream(device_);
    follow(side_, ours);
    try {
      const c10::cuda::CUDAStreamGuard on_side(side_);
      work();
    } catch (...) {
      follow(ours, side_);
      throw;
    }
    follow(ours, side_);
  }

  std::unique_ptr<Recording> record(const DeviceWork& work) override {
    const c10::cuda::CUDAGuard on_device(device_);
    // What eager steps left in the allocator's store is for the recording's pool.
    free_memory();
    auto recording = std::make_unique<CudaRecording>();
    const c10::cuda::CUDAStreamGuard on_side(side_);
    at::cuda::CUDAGraph& graph = recording->graph();
    graph.capture_begin(pool_, kMode);
    try {
      work();
    } catch (...) {
      end_failed(graph);
      throw;
    }
    try {
      graph.capture_end();
    } catch (...) {
      recover();
      throw;
    }
    return recording;
  }

  bool has_room() override {
    free_memory();
    size_t free_bytes = 0, total_bytes = 0;
    C10_CUDA_CHECK(cudaMemGetInfo(&free_bytes, &total_bytes));
    return free_bytes > total_bytes / kRoomShare;
  }

  void free_memory() override {
    const c10::cuda::CUDAGuard on_device(device_);
    c10::cuda::device_synchronize();
    memory::emptyCache();
  }

 private:
  static void follow(const c10::cuda::CUDAStream& later, const c10::cuda::CUDAStream& earlier) {
    at::cuda::CUDAEvent event;
    event.record(earlier);
    event.block(later);
  }

  void end_failed(at::cuda::CUDAGraph& graph) {
    try {
      graph.capture_end();
    } catch (const std::exception&) {  // the work's own exception says more
      recover();
    }
  }

  // capture_end() stops at its first error and leaves the allocator filling our pool and the random generator counting
  // for a graph. The one is ended here, the other by a recording that succeeds.
  void recover() {
    cudaGetLastError();
    try {
      memory::endAllocateToPool(device_, pool_);
      memory::releasePool(device_, pool_);
    } catch (const std::exception&) {  // it was ended before the error
    }
    pool_ = at::cuda::graph_pool_handle();
    at::cuda::CUDAGraph empty;
    empty.capture_begin(pool_, kMode);
    auto number = at::zeros({1}, at::TensorOptions(c10::Device(c10::kCUDA, device_)));
    number.reset();
    empty.capture_end();
  }

  c10::DeviceIndex device_;
  c10::cuda::CUDAStream side_;
  c10::MempoolId_t pool_;
};

}  // namespace

std::unique_ptr<GraphRecorder> cuda_graph_recorder(c10::Device device) {
  return std::make_unique<CudaGraphRecorder>(device);
}

}  // namespace vits::train
#endif
