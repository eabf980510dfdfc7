// What every launch does, whatever the kernel: a named range, the shared memory, the checked error. Apart from
// kernels/dialect.cuh because the headers of ranges cost each .cu as much as its kernels.
#include <cstdio>
#include <nvtx3/nvtx3.hpp>

#include "kernels/current_device.hpp"
#include "kernels/dialect.cuh"

namespace boxwarp::DEVICE {

namespace {

// A kernel gets this much shared memory without asking.
constexpr std::size_t kSharedWithoutAsking = 48 * 1024;

[[noreturn]] void throw_launch_error(const char* name, Geometry geometry, cudaError_t error) {
  char text[512];
  std::snprintf(text, sizeof text, "kernel %s (%u blocks of %u threads, %zu bytes of shared memory each): %s: %s", name,
                geometry.blocks, geometry.threads, geometry.shared_bytes, cudaGetErrorName(error),
                cudaGetErrorString(error));
  throw DeviceError(text);
}

}  // namespace

void launch(Executor& executor, const char* name, const void* kernel, Geometry geometry, void** arguments) {
  const nvtx3::scoped_range_in<ProfilerDomain> range(name);
  const auto& queue = static_cast<const DeviceExecutor&>(executor);
  const CurrentDevice there(queue.index());
  cudaError_t error = there.error();
  // As much as the device gives, whatever this launch asks for: a limit is the function's, and a smaller launch would lower
  // it for larger ones, which another thread makes or a graph holds.
  if (error == cudaSuccess && geometry.shared_bytes > kSharedWithoutAsking)
    error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 static_cast<int>(queue.limits().shared_bytes));
  if (error == cudaSuccess) {
    if (queue.watcher() != nullptr) queue.watcher()->before(name);
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(geometry.blocks);
    config.blockDim = dim3(geometry.threads);
    config.dynamicSmemBytes = geometry.shared_bytes;
    config.stream = queue.stream();
    error = cudaLaunchKernelExC(&config, kernel, arguments);
    if (queue.watcher() != nullptr) queue.watcher()->after();
  }
  if (error != cudaSuccess) {
    cudaGetLastError();  // told here, so no later call shall find it again
    throw_launch_error(name, geometry, error);
  }
}

}  // namespace boxwarp::DEVICE
