// The few CUDA words that differ between nvcc and the emulator. Everything else in a .cu file is CUDA's own.
//
//   Tile& tile = shared<Tile>();                          the block's shared memory: one struct for each kernel
//   launch(executor, "step", step_kernel, geometry, ...); instead of <<<>>>: named range, launch, checked error
//   namespace boxwarp::DEVICE { ... }                     code that exists once for each of the two
#pragma once

#include <cstddef>

#include "kernels/executor.hpp"

namespace boxwarp {

struct Geometry {
  unsigned blocks, threads;      // of a grid and of a block, both in one dimension
  std::size_t shared_bytes = 0;  // sizeof(Tile), 0 without one
};

}  // namespace boxwarp

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#define DEVICE cuda

namespace boxwarp {

// Launches go to one stream, in order.
class DeviceExecutor : public Executor {
 public:
  explicit DeviceExecutor(cudaStream_t stream) : stream_(stream) {}
  cudaStream_t stream() const { return stream_; }

 private:
  cudaStream_t stream_;
};

template <class Tile>
__device__ Tile& shared() {
  extern __shared__ __align__(16) unsigned char bytes[];
  return *reinterpret_cast<Tile*>(bytes);
}

// Throws DeviceError naming kernel, geometry and CUDA's reason.
template <class... Parameters, class... Arguments>
void launch(Executor& executor, const char* name, void (*kernel)(Parameters...), Geometry geometry, Arguments... arguments);

}  // namespace boxwarp

#else

#define DEVICE emulated

#include "emulator/device_words.hpp"  // the same words, run thread by thread on a processor

#endif
