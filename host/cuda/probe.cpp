#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "host/cuda/backend.hpp"

namespace boxwarp {

namespace {

// 0 where this driver or GPU does not tell.
int attribute(cudaDeviceAttr which, int index) {
  int value = 0;
  if (cudaDeviceGetAttribute(&value, which, index) != cudaSuccess) value = 0;
  return value;
}

GpuInfo gpu_info(int index) {
  cudaDeviceProp properties{};
  if (cudaGetDeviceProperties(&properties, index) != cudaSuccess) properties = {};
  return {.name = properties.name,
          .major = properties.major,
          .minor = properties.minor,
          .multiprocessors = properties.multiProcessorCount,
          .memory_bytes = properties.totalGlobalMem,
          .l2_bytes = static_cast<std::size_t>(properties.l2CacheSize),
          .shared_bytes = properties.sharedMemPerBlockOptin,
          .clock_mhz = attribute(cudaDevAttrClockRate, index) / 1000,
          .memory_clock_mhz = attribute(cudaDevAttrMemoryClockRate, index) / 1000,
          .memory_bus_bits = properties.memoryBusWidth};
}

}  // namespace

CudaReport cuda_report() {
  CudaReport report{.built = true, .architectures = BOXWARP_CUDA_ARCHITECTURES, .status = {}, .gpus = {}};
  CudaStatus& status = report.status;
  const cudaError_t error = cudaGetDeviceCount(&status.devices);
  cudaGetLastError();  // told here, so no later call shall find it again
  status.error = error;
  if (error != cudaSuccess) {
    status.error_text = fmt::format("{}: {}", cudaGetErrorName(error), cudaGetErrorString(error));
    status.devices = 0;
  }
  if (cudaDriverGetVersion(&status.driver_version) != cudaSuccess) status.driver_version = 0;
  if (cudaRuntimeGetVersion(&status.runtime_version) != cudaSuccess) status.runtime_version = CUDART_VERSION;
  for (int index = 0; index < status.devices; ++index) report.gpus.push_back(gpu_info(index));
  cudaGetLastError();
  return report;
}

}  // namespace boxwarp
