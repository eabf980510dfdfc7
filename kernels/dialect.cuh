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

inline DeviceLimits device_limits(const Executor& executor) { return static_cast<const DeviceExecutor&>(executor).limits(); }

// launch() without the types. kernel: the function that stands for it; arguments: one pointer for each parameter.
void launch(Executor& executor, const char* name, const void* kernel, Geometry geometry, void** arguments);

// Throws DeviceError naming kernel, geometry and CUDA's reason, which may be the failure of an earlier kernel. Arguments are
// converted to the kernel's own parameter types.
template <class... Parameters, class... Arguments>
void launch(Executor& executor, const char* name, void (*kernel)(Parameters...), Geometry geometry, Arguments... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments), "a kernel takes as many arguments as it has parameters");
  [&](Parameters... converted) {
    void* pointers[] = {&converted...};
    launch(executor, name, reinterpret_cast<const void*>(kernel), geometry, pointers);
  }(arguments...);
}

}  // namespace boxwarp::DEVICE

#else

#define DEVICE emulated

#include "emulator/device_words.hpp"  // the same words, run thread by thread on a processor

#endif
