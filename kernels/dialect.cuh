// The few CUDA words that differ between nvcc and the emulator. Everything else in a .cu file is CUDA's own.
//
//   Tile& tile = shared<Tile>();                          the block's shared memory: one struct for each kernel
//   launch(executor, "step", step_kernel, geometry, ...); instead of <<<>>>: named range, launch, checked error
//   device_limits(executor)                               of its device
//   namespace boxwarp::DEVICE { ... }                     code that exists once for each of the two
#pragma once

#include <cstddef>

#include "kernels/executor.hpp"

namespace boxwarp {

struct Geometry {
  unsigned blocks, threads;      // of a grid and of a block, both in one dimension
  std::size_t shared_bytes = 0;  // sizeof(Tile), 0 without one
};

inline constexpr unsigned kWholeWarp = 0xffffffffu;
inline constexpr unsigned kWarpLanes = 32;

}  // namespace boxwarp

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#include <cstdio>
#include <nvtx3/nvtx3.hpp>
#include <string>

#include "kernels/current_device.hpp"
#include "kernels/device_executor.hpp"

#define DEVICE cuda

namespace boxwarp {

template <class Tile>
__device__ Tile& shared() {
  extern __shared__ __align__(16) unsigned char bytes[];
  return *reinterpret_cast<Tile*>(bytes);
}

}  // namespace boxwarp

namespace boxwarp::DEVICE {

// A kernel gets this much shared memory without asking.
inline constexpr std::size_t kSharedWithoutAsking = 48 * 1024;

[[noreturn]] inline void throw_launch_error(const char* name, Geometry geometry, cudaError_t error) {
  char text[512];
  std::snprintf(text, sizeof text, "kernel %s (%u blocks of %u threads, %zu bytes of shared memory each): %s: %s", name,
                geometry.blocks, geometry.threads, geometry.shared_bytes, cudaGetErrorName(error),
                cudaGetErrorString(error));
  throw DeviceError(text);
}

inline DeviceLimits device_limits(const Executor& executor) { return static_cast<const DeviceExecutor&>(executor).limits(); }

// Throws DeviceError naming kernel, geometry and CUDA's reason, which may be the failure of an earlier kernel. Arguments are
// converted to the kernel's own parameter types.
template <class... Parameters, class... Arguments>
void launch(Executor& executor, const char* name, void (*kernel)(Parameters...), Geometry geometry, Arguments... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments), "a kernel takes as many arguments as it has parameters");
  const nvtx3::scoped_range_in<ProfilerDomain> range(name);
  const auto& queue = static_cast<const DeviceExecutor&>(executor);
  const CurrentDevice there(queue.index());
  cudaError_t error = there.error();
  // As much as the device gives, whatever this launch asks for: a limit is the function's, and a smaller launch would lower
  // it for larger ones, which another thread makes or a graph holds.
  if (error == cudaSuccess && geometry.shared_bytes > kSharedWithoutAsking)
    error = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 static_cast<int>(queue.limits().shared_bytes));
  if (error == cudaSuccess) {
    if (queue.watcher() != nullptr) queue.watcher()->before(name);
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(geometry.blocks);
    config.blockDim = dim3(geometry.threads);
    config.dynamicSmemBytes = geometry.shared_bytes;
    config.stream = queue.stream();
    error = cudaLaunchKernelEx(&config, kernel, arguments...);
    if (queue.watcher() != nullptr) queue.watcher()->after();
  }
  if (error != cudaSuccess) {
    cudaGetLastError();  // told here, so no later call shall find it again
    throw_launch_error(name, geometry, error);
  }
}

}  // namespace boxwarp::DEVICE

#else

#define DEVICE emulated

#include "emulator/device_words.hpp"  // the same words, run thread by thread on a processor

#endif
