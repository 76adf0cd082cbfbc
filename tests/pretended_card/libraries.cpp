// What LibTorch asks of cuBLAS and cuFFT, for a card that is not there (runtime.cpp): nothing is computed. Their
// headers are left out, so that the calls need no arguments' names.
#include <cuda_runtime_api.h>

#include <cstddef>

bool queue_library_call(cudaStream_t stream, const char* call);

namespace {

// A handle, and the stream that it was given.
struct Handle {
  cudaStream_t stream = nullptr;
  char room[504] = {};
};

thread_local cudaStream_t t_stream_of_transforms = nullptr;

int made(void** thing) {
  *thing = new Handle;
  return 0;
}

}  // namespace

extern "C" {

int cublasCreate_v2(void** handle) { return made(handle); }
int cublasSetStream_v2(Handle* handle, cudaStream_t stream) {
  handle->stream = stream;
  return 0;
}
int cublasSetWorkspace_v2(Handle*, void*, size_t) { return 0; }
int cublasSetMathMode(Handle*, int) { return 0; }
int cublasGetMathMode(Handle*, int* mode) { return *mode = 0; }
int cublasSetPointerMode_v2(Handle*, int) { return 0; }
int cublasGetPointerMode_v2(Handle*, int* mode) { return *mode = 0; }

#define VITS_PRODUCT(name) \
  int name(Handle* handle, ...) { return queue_library_call(handle->stream, #name) ? 0 : 13; }
VITS_PRODUCT(cublasDotEx)
VITS_PRODUCT(cublasSdot_v2)
VITS_PRODUCT(cublasSgemv_v2)
VITS_PRODUCT(cublasSgemm_v2)
VITS_PRODUCT(cublasSgemmEx)
VITS_PRODUCT(cublasSgemmStridedBatched)
VITS_PRODUCT(cublasGemmEx)
VITS_PRODUCT(cublasGemmStridedBatchedEx)
VITS_PRODUCT(cublasDgemv_v2)
VITS_PRODUCT(cublasDgemm_v2)
VITS_PRODUCT(cublasDgemmStridedBatched)

int cublasLtMatmulDescCreate(void** thing, int, int) { return made(thing); }
int cublasLtMatmulDescSetAttribute(void*, int, const void*, size_t) { return 0; }
int cublasLtMatmulDescDestroy(void*) { return 0; }
int cublasLtMatmulPreferenceCreate(void** thing) { return made(thing); }
int cublasLtMatmulPreferenceSetAttribute(void*, int, const void*, size_t) { return 0; }
int cublasLtMatmulPreferenceDestroy(void*) { return 0; }
int cublasLtMatrixLayoutCreate(void** thing, int, size_t, size_t, ptrdiff_t) { return made(thing); }
int cublasLtMatrixLayoutSetAttribute(void*, int, const void*, size_t) { return 0; }
int cublasLtMatrixLayoutDestroy(void*) { return 0; }
int cublasLtMatmulAlgoGetHeuristic(void*, void*, void*, void*, void*, void*, void*, int, void*, int* count) {
  *count = 1;
  return 0;
}
int cublasLtMatmul(void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*, void*,
                   size_t, cudaStream_t stream) {
  return queue_library_call(stream, "cublasLtMatmul") ? 0 : 13;
}

int cufftCreate(int* plan) {
  static int last = 0;
  *plan = ++last;
  return 0;
}
int cufftDestroy(int) { return 0; }
int cufftSetAutoAllocation(int, int) { return 0; }
int cufftSetStream(int, cudaStream_t stream) {
  t_stream_of_transforms = stream;
  return 0;
}
int cufftSetWorkArea(int, void*) { return 0; }
int cufftXtMakePlanMany(int, int, void*, void*, long long, long long, int, void*, long long, long long, int, long long,
                        size_t* workspace_bytes, int) {
  *workspace_bytes = size_t{1} << 20;
  return 0;
}
int cufftXtExec(int, void*, void*, int) { return queue_library_call(t_stream_of_transforms, "cufftXtExec") ? 0 : 6; }

}  // extern "C"
