#include "tests/ptx/runtime_errors.hpp"

#include <cstdio>
#include <utility>

namespace boxwarp::ptx {

namespace {

thread_local cudaError_t last_error = cudaSuccess;

struct Words {
  cudaError_t error;
  const char *name, *text;
};

// Those that this runtime tells, in CUDA's words.
constexpr Words kWords[] = {
    {cudaSuccess, "cudaSuccess", "no error"},
    {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
    {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
    {cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration", "invalid configuration argument"},
    {cudaErrorInvalidMemcpyDirection, "cudaErrorInvalidMemcpyDirection", "invalid copy direction for memcpy"},
    {cudaErrorMissingConfiguration, "cudaErrorMissingConfiguration", "__global__ function call is not configured"},
    {cudaErrorInvalidDeviceFunction, "cudaErrorInvalidDeviceFunction", "invalid device function"},
    {cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {cudaErrorNoKernelImageForDevice, "cudaErrorNoKernelImageForDevice",
     "no kernel image is available for execution on the device"},
    {cudaErrorInvalidPtx, "cudaErrorInvalidPtx", "a PTX JIT compilation failed"},
    {cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {cudaErrorIllegalState, "cudaErrorIllegalState", "the operation cannot be performed in the present state"},
    {cudaErrorNotReady, "cudaErrorNotReady", "device not ready"},
    {cudaErrorIllegalAddress, "cudaErrorIllegalAddress", "an illegal memory access was encountered"},
    {cudaErrorLaunchOutOfResources, "cudaErrorLaunchOutOfResources", "too many resources requested for launch"},
    {cudaErrorMisalignedAddress, "cudaErrorMisalignedAddress", "misaligned address"},
    {cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure"},
    {cudaErrorNotSupported, "cudaErrorNotSupported", "operation not supported"},
    {cudaErrorStreamCaptureUnsupported, "cudaErrorStreamCaptureUnsupported",
     "operation not permitted when stream is capturing"},
    {cudaErrorStreamCaptureInvalidated, "cudaErrorStreamCaptureInvalidated",
     "operation failed due to a previous error during capture"},
    {cudaErrorStreamCaptureIsolation, "cudaErrorStreamCaptureIsolation",
     "dependency created on uncaptured work in another stream"},
    {cudaErrorCapturedEvent, "cudaErrorCapturedEvent",
     "operation not permitted on an event last recorded in a capturing stream"},
    {cudaErrorStreamCaptureWrongThread, "cudaErrorStreamCaptureWrongThread",
     "attempt to terminate a thread-local capture sequence from another thread"},
};

constexpr Words kOther{cudaErrorUnknown, "unrecognized error code", "unrecognized error code"};

const Words& words(cudaError_t error) {
  for (const Words& known : kWords)
    if (known.error == error) return known;
  return kOther;
}

}  // namespace

void refuse(cudaError_t error) { throw Refused{error}; }

void refuse(cudaError_t error, const std::string& reason) {
  tell(reason);
  refuse(error);
}

void tell(const std::string& line) { std::fprintf(stderr, "PTX on a processor: %s\n", line.c_str()); }

cudaError_t told(cudaError_t error) {
  // That work is under way is an answer, no error.
  if (error != cudaSuccess && error != cudaErrorNotReady) last_error = error;
  return error;
}

}  // namespace boxwarp::ptx

extern "C" {

const char* cudaGetErrorName(cudaError_t error) { return boxwarp::ptx::words(error).name; }

const char* cudaGetErrorString(cudaError_t error) { return boxwarp::ptx::words(error).text; }

// A broken device needs no memory here: every later call tells it again.
cudaError_t cudaGetLastError() { return std::exchange(boxwarp::ptx::last_error, cudaSuccess); }

}  // extern "C"
