#include "host/cuda/check.hpp"

#include <fmt/format.h>

#include "kernels/executor.hpp"

namespace boxwarp {

void cuda_check(cudaError_t result, const char* call, const char* file, int line) {
  if (result == cudaSuccess) return;
  cudaGetLastError();  // told here, so no later call shall find it again
  throw DeviceError(
      fmt::format("{} failed: {}: {} ({}:{})", call, cudaGetErrorName(result), cudaGetErrorString(result), file, line));
}

}  // namespace boxwarp
