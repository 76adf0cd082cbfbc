// A card that is not there: LibTorch loads this before CUDA's runtime and finds a device with memory, streams and
// events. All that runs on the host is LibTorch's own (allocators, autograd's threads, generators, graphs) and ours;
// kernels are left out, so every number on the device is worth nothing.
//
// Copies are made at once, in the host's memory. Captures are watched as CUDA watches them: what may not be asked for
// meanwhile fails as it would there, and is told on standard error, as is work of the capturing thread that would pass
// the capture by. cuDNN is switched off.
#include <ATen/Context.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

namespace {

using CaptureId = unsigned long long;

struct Stream {
  CaptureId capture = 0;
};

struct Event {
  CaptureId capture = 0;
  bool is_recorded = false;
};

struct Capture {
  std::thread::id thread;
  cudaStreamCaptureMode mode;
  bool is_invalid = false;
  size_t nodes = 0;
};

std::mutex g_mutex;  // of all that follows
std::map<CaptureId, Capture> g_captures;
CaptureId g_last_capture = 0;
std::map<const char*, size_t> g_device_blocks, g_pinned_blocks;
size_t g_device_bytes_used = 0;

thread_local cudaStreamCaptureMode t_mode = cudaStreamCaptureModeGlobal;
thread_local cudaError_t t_last_error = cudaSuccess;

size_t device_bytes() {
  static const size_t bytes = [] {
    const char* const wanted = std::getenv("PRETENDED_CARD_BYTES");
    return wanted ? std::strtoull(wanted, nullptr, 10) : size_t{8} << 30;
  }();
  return bytes;
}

void tell(const char* what) { std::fprintf(stderr, "pretended card: %s\n", what); }

cudaError_t failed(cudaError_t error) { return t_last_error = error; }

bool is_legacy(cudaStream_t stream) { return !stream || stream == cudaStreamLegacy; }

Stream& of(cudaStream_t stream) {
  static Stream legacy;
  return is_legacy(stream) ? legacy : *reinterpret_cast<Stream*>(stream);
}

Event& of(cudaEvent_t event) { return *reinterpret_cast<Event*>(event); }

// What CUDA forbids while there is a capture, by the modes of the capture and of the thread.
cudaError_t disturb_captures(const char* call) {
  for (auto& [id, capture] : g_captures) {
    const bool is_own = capture.thread == std::this_thread::get_id() && capture.mode != cudaStreamCaptureModeRelaxed;
    const bool is_forbidden = t_mode == cudaStreamCaptureModeGlobal
                                  ? is_own || capture.mode == cudaStreamCaptureModeGlobal
                                  : t_mode == cudaStreamCaptureModeThreadLocal && is_own;
    if (!is_forbidden) continue;
    std::fprintf(stderr, "pretended card: %s while a stream is capturing\n", call);
    capture.is_invalid = true;
    return failed(cudaErrorStreamCaptureUnsupported);
  }
  return cudaSuccess;
}

enum class Done { kNow, kCaptured, kNot };

Done queue(cudaStream_t stream, const char* call) {
  if (const CaptureId id = of(stream).capture) {
    Capture& capture = g_captures[id];
    ++capture.nodes;
    if (!capture.is_invalid) return Done::kCaptured;
    failed(cudaErrorStreamCaptureInvalidated);
    return Done::kNot;
  }
  for (const auto& [id, capture] : g_captures)
    if (capture.thread == std::this_thread::get_id())
      std::fprintf(stderr, "pretended card: %s passes the capture of its thread by\n", call);
  return Done::kNow;
}

cudaError_t queue_kernel(cudaStream_t stream, dim3 grid, dim3 block) {
  const std::lock_guard lock(g_mutex);
  if (grid.x == 0 || grid.y == 0 || grid.y > 65535 || grid.z == 0 || grid.z > 65535 || block.x * block.y * block.z == 0
      || block.x * block.y * block.z > 1024) {
    tell("a launch of no blocks or of too many threads");
    return failed(cudaErrorInvalidConfiguration);
  }
  return queue(stream, "a kernel") == Done::kNot ? t_last_error : cudaSuccess;
}

bool lies_in(const std::map<const char*, size_t>& blocks, const void* place) {
  const char* const at = static_cast<const char*>(place);
  auto next = blocks.upper_bound(at);
  if (next == blocks.begin()) return false;
  --next;
  return at < next->first + next->second;
}

void* block_of(size_t bytes, size_t alignment) {
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

const struct WithoutCudnn {
  WithoutCudnn() { at::globalContext().setUserEnabledCuDNN(false); }
} without_cudnn;

}  // namespace

// For libraries.cpp: false when the stream's capture is broken.
bool queue_library_call(cudaStream_t stream, const char* call) {
  const std::lock_guard lock(g_mutex);
  return queue(stream, call) != Done::kNot;
}

extern "C" {

// ---------------------------------------------------------------- the device

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int) { return cudaSuccess; }

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  std::strcpy(properties->name, "Pretended card");
  properties->major = 9;
  properties->totalGlobalMem = device_bytes();
  properties->multiProcessorCount = 66;
  properties->warpSize = 32;
  properties->maxThreadsPerBlock = 1024;
  properties->maxThreadsPerMultiProcessor = 2048;
  properties->maxBlocksPerMultiProcessor = 32;
  properties->regsPerBlock = properties->regsPerMultiprocessor = 65536;
  properties->sharedMemPerBlock = 48 << 10;
  properties->sharedMemPerBlockOptin = 227 << 10;
  properties->sharedMemPerMultiprocessor = 228 << 10;
  std::copy_n(std::begin({1024, 1024, 64}), 3, properties->maxThreadsDim);
  std::copy_n(std::begin({2147483647, 65535, 65535}), 3, properties->maxGridSize);
  properties->l2CacheSize = 50 << 20;
  properties->unifiedAddressing = 1;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  const std::map<cudaDeviceAttr, int> values{{cudaDevAttrComputeCapabilityMajor, 9},
                                             {cudaDevAttrComputeCapabilityMinor, 0},
                                             {cudaDevAttrMultiProcessorCount, 66},
                                             {cudaDevAttrWarpSize, 32},
                                             {cudaDevAttrMaxSharedMemoryPerBlock, 48 << 10},
                                             {cudaDevAttrMaxSharedMemoryPerBlockOptin, 227 << 10},
                                             {cudaDevAttrMaxGridDimX, 2147483647}};
  const auto found = values.find(attribute);
  *value = found == values.end() ? 1024 : found->second;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) { return cudaDriverGetVersion(version); }

cudaError_t cudaDeviceSynchronize() {
  const std::lock_guard lock(g_mutex);
  return disturb_captures("cudaDeviceSynchronize");
}

cudaError_t cudaGetLastError() { return std::exchange(t_last_error, cudaSuccess); }

cudaError_t cudaPeekAtLastError() { return t_last_error; }

// ---------------------------------------------------------------- memory

cudaError_t cudaMalloc(void** place, size_t bytes) {
  const std::lock_guard lock(g_mutex);
  if (const cudaError_t error = disturb_captures("cudaMalloc")) return error;
  *place = nullptr;
  if (g_device_bytes_used + bytes > device_bytes()) return failed(cudaErrorMemoryAllocation);
  *place = block_of(bytes, size_t{2} << 20);
  std::memset(*place, 0, bytes);
  g_device_blocks[static_cast<char*>(*place)] = bytes;
  g_device_bytes_used += bytes;
  return cudaSuccess;
}

cudaError_t cudaFree(void* place) {
  if (!place) return cudaSuccess;
  const std::lock_guard lock(g_mutex);
  if (const cudaError_t error = disturb_captures("cudaFree")) return error;
  g_device_bytes_used -= g_device_blocks.at(static_cast<char*>(place));
  g_device_blocks.erase(static_cast<char*>(place));
  std::free(place);
  return cudaSuccess;
}

cudaError_t cudaHostAlloc(void** place, size_t bytes, unsigned) {
  const std::lock_guard lock(g_mutex);
  if (const cudaError_t error = disturb_captures("cudaHostAlloc")) return error;
  *place = block_of(bytes, 4096);
  g_pinned_blocks[static_cast<char*>(*place)] = bytes;
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* place) {
  const std::lock_guard lock(g_mutex);
  if (const cudaError_t error = disturb_captures("cudaFreeHost")) return error;
  g_pinned_blocks.erase(static_cast<char*>(place));
  std::free(place);
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  const std::lock_guard lock(g_mutex);
  *total_bytes = device_bytes();
  *free_bytes = device_bytes() - g_device_bytes_used;
  return cudaSuccess;
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* place) {
  const std::lock_guard lock(g_mutex);
  *attributes = {};
  attributes->type = lies_in(g_device_blocks, place)   ? cudaMemoryTypeDevice
                     : lies_in(g_pinned_blocks, place) ? cudaMemoryTypeHost
                                                       : cudaMemoryTypeUnregistered;
  attributes->devicePointer = attributes->hostPointer = const_cast<void*>(place);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  const std::lock_guard lock(g_mutex);
  const Done done = queue(stream, "a copy");
  if (done == Done::kNot) return t_last_error;
  if (done == Done::kNow) std::memcpy(to, from, bytes);
  if (done == Done::kCaptured && kind != cudaMemcpyDeviceToDevice) tell("a copy from or to the host is captured");
  return cudaSuccess;
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
  const std::lock_guard lock(g_mutex);
  if (const cudaError_t error = disturb_captures("cudaMemcpy")) return error;
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  const std::lock_guard lock(g_mutex);
  const Done done = queue(stream, "cudaMemsetAsync");
  if (done == Done::kNot) return t_last_error;
  if (done == Done::kNow) std::memset(to, value, bytes);
  return cudaSuccess;
}

// ---------------------------------------------------------------- kernels

cudaError_t cudaLaunchKernel(const void*, dim3 grid, dim3 block, void**, size_t, cudaStream_t stream) {
  return queue_kernel(stream, grid, block);
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* how, const void*, void**) {
  return queue_kernel(how->stream, how->gridDim, how->blockDim);
}

cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* function) {
  *kernel = static_cast<cudaKernel_t>(const_cast<void*>(function));
  return cudaSuccess;
}

cudaError_t __cudaLaunchKernel(cudaKernel_t, dim3 grid, dim3 block, void**, size_t, cudaStream_t stream) {
  return queue_kernel(stream, grid, block);
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void*) {
  *attributes = {};
  attributes->maxThreadsPerBlock = 1024;
  attributes->numRegs = 32;
  attributes->binaryVersion = attributes->ptxVersion = 90;
  return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) { return cudaSuccess; }

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void*, int, size_t, unsigned) {
  *blocks = 2;
  return cudaSuccess;
}

// ---------------------------------------------------------------- streams and events

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  *least = 0;
  *greatest = -5;
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned, int) {
  *stream = reinterpret_cast<cudaStream_t>(new Stream);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete reinterpret_cast<Stream*>(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t) { return cudaSuccess; }

cudaError_t cudaStreamSynchronize(cudaStream_t) {
  const std::lock_guard lock(g_mutex);
  return disturb_captures("cudaStreamSynchronize");
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const std::lock_guard lock(g_mutex);
  const CaptureId ours = of(stream).capture, its = of(event).capture;
  if (!of(event).is_recorded || ours == its || (its != 0 && !g_captures.contains(its))) return cudaSuccess;
  tell("a stream that captures and one that does not wait for each other");
  g_captures[ours ? ours : its].is_invalid = true;
  return failed(cudaErrorStreamCaptureIsolation);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = reinterpret_cast<cudaEvent_t>(new Event);
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete reinterpret_cast<Event*>(event);
  return cudaSuccess;
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned) {
  const std::lock_guard lock(g_mutex);
  of(event) = {of(stream).capture, true};
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return cudaEventRecordWithFlags(event, stream, 0);
}

cudaError_t cudaEventQuery(cudaEvent_t) {
  const std::lock_guard lock(g_mutex);
  return disturb_captures("cudaEventQuery");
}

cudaError_t cudaEventSynchronize(cudaEvent_t) {
  const std::lock_guard lock(g_mutex);
  return disturb_captures("cudaEventSynchronize");
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t, cudaEvent_t) {
  *milliseconds = 1;
  return cudaSuccess;
}

// ---------------------------------------------------------------- captures and graphs

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  std::swap(*mode, t_mode);
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  const std::lock_guard lock(g_mutex);
  if (is_legacy(stream) || of(stream).capture) return failed(cudaErrorIllegalState);
  of(stream).capture = ++g_last_capture;
  g_captures[g_last_capture] = {std::this_thread::get_id(), mode};
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const std::lock_guard lock(g_mutex);
  *graph = nullptr;
  const CaptureId id = std::exchange(of(stream).capture, 0);
  if (id == 0) return failed(cudaErrorIllegalState);
  const Capture capture = g_captures.at(id);
  g_captures.erase(id);
  if (capture.thread != std::this_thread::get_id()) return failed(cudaErrorStreamCaptureWrongThread);
  if (capture.is_invalid) return failed(cudaErrorStreamCaptureInvalidated);
  *graph = reinterpret_cast<cudaGraph_t>(new size_t(capture.nodes));
  return cudaSuccess;
}

cudaError_t cudaStreamGetCaptureInfo(cudaStream_t stream, cudaStreamCaptureStatus* status, CaptureId* id, cudaGraph_t*,
                                     const cudaGraphNode_t**, const cudaGraphEdgeData**, size_t*) {
  const std::lock_guard lock(g_mutex);
  const CaptureId now = of(stream).capture;
  *status = now == 0                        ? cudaStreamCaptureStatusNone
            : g_captures.at(now).is_invalid ? cudaStreamCaptureStatusInvalidated
                                            : cudaStreamCaptureStatusActive;
  if (id) *id = now;
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  return cudaStreamGetCaptureInfo(stream, status, nullptr, nullptr, nullptr, nullptr, nullptr);
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t*, size_t* count) {
  *count = *reinterpret_cast<size_t*>(graph);
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* made, cudaGraph_t graph, CaptureId) {
  *made = reinterpret_cast<cudaGraphExec_t>(new size_t(*reinterpret_cast<size_t*>(graph)));
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t, cudaStream_t stream) {
  const std::lock_guard lock(g_mutex);
  return queue(stream, "a graph") == Done::kNot ? t_last_error : cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete reinterpret_cast<size_t*>(graph);
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete reinterpret_cast<size_t*>(graph);
  return cudaSuccess;
}

}  // extern "C"
