// libcuda.so.1 of a card that is not there (runtime.cpp): the names that LibTorch links, of which it calls one.
#define VITS_CALL(name) \
  int name() { return 0; }

extern "C" {

VITS_CALL(cuCtxGetCurrent)
VITS_CALL(cuCtxSetCurrent)
VITS_CALL(cuDeviceGet)
VITS_CALL(cuDeviceGetAttribute)
VITS_CALL(cuDevicePrimaryCtxRetain)
VITS_CALL(cuFuncGetAttribute)
VITS_CALL(cuFuncSetAttribute)
VITS_CALL(cuFuncSetCacheConfig)
VITS_CALL(cuGetErrorString)
VITS_CALL(cuLaunchCooperativeKernel)
VITS_CALL(cuLaunchKernel)
VITS_CALL(cuLinkAddData_v2)
VITS_CALL(cuLinkComplete)
VITS_CALL(cuLinkCreate_v2)
VITS_CALL(cuModuleGetFunction)
VITS_CALL(cuModuleLoad)
VITS_CALL(cuModuleLoadData)
VITS_CALL(cuModuleLoadDataEx)
VITS_CALL(cuModuleUnload)
VITS_CALL(cuOccupancyMaxActiveBlocksPerMultiprocessor)
VITS_CALL(cuPointerGetAttribute)
VITS_CALL(cuTensorMapEncodeTiled)

// There is a context, and it is in use.
int cuDevicePrimaryCtxGetState(int, unsigned* flags, int* is_active) {
  *flags = 0;
  *is_active = 1;
  return 0;
}

}  // extern "C"
