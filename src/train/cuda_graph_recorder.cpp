#include "cuda_graph_recorder.h"

#ifdef VITS_CUDA_KERNELS
#include <ATen/ATen.h>
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAContextLight.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>

#include <algorithm>
#include <mutex>
#include <tuple>

namespace vits::train {

namespace {

namespace memory = c10::cuda::CUDACachingAllocator;

// The loader's thread uses the card meanwhile, on a stream of its own: what it may call there is none of our business.
constexpr auto kMode = cudaStreamCaptureModeThreadLocal;

// A recorded kernel takes memory of the driver, so that some hundred megabytes may go to the graph of a step. What is
// free serves steps that are not recorded, too.
constexpr size_t kRoomShare = 6;

// Once nobody records into a pool any more, LibTorch's allocators, of the card's memory and of pinned memory, take it
// for given back and refuse recordings into it; recordings that share one keep it, and later ones take another.
struct Pool {
  c10::MempoolId_t id = at::cuda::graph_pool_handle();
};

class CudaRecording : public Recording {
 public:
  explicit CudaRecording(std::shared_ptr<const Pool> pool) : pool_(std::move(pool)) {}
  at::cuda::CUDAGraph& graph() { return graph_; }
  void repeat() override { graph_.replay(); }

 private:
  std::shared_ptr<const Pool> pool_;
  at::cuda::CUDAGraph graph_;
};

class CudaGraphRecorder : public GraphRecorder {
 public:
  explicit CudaGraphRecorder(c10::Device device)
      : device_(device.has_index() ? device.index() : c10::cuda::current_device()),
        side_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device_)),
        number_(at::zeros({1}, at::TensorOptions(c10::Device(c10::kCUDA, device_)))) {}

  // LibTorch keeps workspaces of cuBLAS, up to 32 MB each, for every stream that ever used it. On the side nothing
  // works any more, and no recording is left that would. Who gives recordings up has waited for the device, by
  // free_memory().
  ~CudaGraphRecorder() override {
    for (auto* kept :
         {&at::cuda::cublas_handle_stream_to_workspace(), &at::cuda::cublaslt_handle_stream_to_workspace()}) {
      const std::unique_lock lock(kept->mutex);
      std::erase_if(kept->map, [&](const auto& entry) { return std::get<1>(entry.first) == side_.stream(); });
    }
  }
  CudaGraphRecorder(const CudaGraphRecorder&) = delete;
  CudaGraphRecorder& operator=(const CudaGraphRecorder&) = delete;

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
    const auto pool = pool_now();
    auto recording = std::make_unique<CudaRecording>(pool);
    const uint64_t kept_before = kept_bytes();
    {
      const c10::cuda::CUDAStreamGuard on_side(side_);
      note(work, recording->graph(), pool->id);
    }
    // The seed that the recording reads was written on the side, too.
    follow(c10::cuda::getCurrentCUDAStream(device_), side_);
    held_bytes_ += std::max(kept_bytes(), kept_before) - kept_before;
    // What the noting took is what the recording holds: it must not be counted twice.
    memory::resetPeakStats(device_);
    return recording;
  }

  uint64_t held_bytes() const override { return pool_.expired() ? 0 : held_bytes_; }

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

  std::shared_ptr<const Pool> pool_now() {
    if (auto pool = pool_.lock()) return pool;
    auto pool = std::make_shared<const Pool>();
    pool_ = pool;
    held_bytes_ = 0;
    return pool;
  }

  // Of freed memory, by the allocator.
  uint64_t kept_bytes() const {
    const auto stats = memory::getDeviceStats(device_);
    const int64_t bytes = stats.reserved_bytes[0].current - stats.allocated_bytes[0].current;
    return static_cast<uint64_t>(std::max<int64_t>(bytes, 0));
  }

  void note(const DeviceWork& work, at::cuda::CUDAGraph& graph, c10::MempoolId_t pool) {
    try {
      graph.capture_begin(pool, kMode);
      work();
    } catch (...) {
      end_failed(graph, pool);
      throw;
    }
    try {
      graph.capture_end();
    } catch (...) {
      recover(pool);
      throw;
    }
  }

  void end_failed(at::cuda::CUDAGraph& graph, c10::MempoolId_t pool) {
    try {
      graph.capture_end();
    } catch (const std::exception&) {  // the work's own exception says more
      recover(pool);
    }
  }

  // capture_end() stops at its first error and leaves the allocators filling our pool, by the word of a graph that will
  // be gone, and the random generator counting for that graph. The ones are ended here, the other by a recording that
  // succeeds.
  void recover(c10::MempoolId_t pool) {
    cudaGetLastError();
    at::HostAllocator& pinned = *at::getHostAllocator(at::kCUDA);
    try {
      memory::endAllocateToPool(device_, pool);
      memory::releasePool(device_, pool);
    } catch (const std::exception&) {  // it was ended before the error
    }
    try {
      pinned.end_allocate_to_pool(pool);
      pinned.release_pool(pool);
    } catch (const std::exception&) {
    }
    pool_.reset();
    at::cuda::CUDAGraph empty;
    empty.capture_begin(at::cuda::graph_pool_handle(), kMode);
    number_.zero_();  // takes no memory, which may be what was short
    empty.capture_end();
  }

  c10::DeviceIndex device_;
  c10::cuda::CUDAStream side_;
  std::weak_ptr<const Pool> pool_;  // of the recordings there are
  uint64_t held_bytes_ = 0;         // by that pool
  at::Tensor number_;               // for a recording of next to nothing
};

}  // namespace

std::unique_ptr<GraphRecorder> cuda_graph_recorder(c10::Device device) {
  return std::make_unique<CudaGraphRecorder>(device);
}

}  // namespace vits::train
#endif
