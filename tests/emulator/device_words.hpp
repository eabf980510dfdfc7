// The words of CUDA C++ that .cu text uses, for a C++ compiler without CUDA. kernels/dialect.cuh includes this.
// Words that are missing here are missing on purpose or have not been needed: what compiles must mean the same on a GPU.
// There is no __shared__ (shared<Tile>() takes its place) and no atomic word for floats (their sums depend on order).
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "emulator/atomic_words.hpp"
#include "emulator/device_executor.hpp"
#include "emulator/machine.hpp"
#include "emulator/number_words.hpp"
#include "emulator/vector_types.hpp"
#include "emulator/warp_words.hpp"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(bytes) __attribute__((aligned(bytes)))

// Set before a thread goes on; kernels only read them.
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;

inline void __syncthreads(boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  boxwarp::emulator::block_barrier("__syncthreads", 0, site);
}
inline int __syncthreads_count(int claim, boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  return boxwarp::emulator::block_barrier("__syncthreads_count", claim != 0, site);
}
inline int __syncthreads_or(int claim, boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  return boxwarp::emulator::block_barrier("__syncthreads_or", claim != 0, site) != 0;
}
inline int __syncthreads_and(int claim, boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  return boxwarp::emulator::block_barrier("__syncthreads_and", claim == 0, site) == 0;
}

// Threads take turns on one processor, so that memory is in order anyway.
inline void __threadfence_block() {}
inline void __threadfence() {}

namespace boxwarp {

template <class Tile>
Tile& shared(emulator::Site site = emulator::Site::here()) {
  static_assert(alignof(Tile) <= 16 && std::is_trivially_destructible_v<Tile>);
  return *reinterpret_cast<Tile*>(emulator::shared_memory(sizeof(Tile), site));
}

}  // namespace boxwarp

namespace boxwarp::emulated {

// Few multiprocessors, so that three boards do not find one for each of them.
inline constexpr DeviceLimits kLimits{.multiprocessors = 2, .shared_bytes = emulator::kMostSharedBytes, .warpgroups = true};
inline DeviceLimits device_limits(const Executor&) { return kLimits; }

// Runs the whole grid before it returns. Throws emulator::Fault if the kernel breaks a rule, std::bad_cast for an executor
// of another kind.
template <class... Parameters, class... Arguments>
void launch(Executor& executor, const char* name, void (*kernel)(Parameters...), Geometry geometry, Arguments... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments), "one argument for each parameter of the kernel");
  static_assert((std::is_trivially_copyable_v<Parameters> && ...), "a kernel's arguments are copied as bytes");
  struct Call {
    void (*kernel)(Parameters...);
    std::tuple<Parameters...> values;
  } call{kernel, std::tuple<Parameters...>(static_cast<Parameters>(arguments)...)};
  const auto work = [](void* values) {
    const Call& of = *static_cast<const Call*>(values);
    std::apply(of.kernel, of.values);
  };
  emulator::run(dynamic_cast<DeviceExecutor&>(executor).schedule(),
                {geometry.blocks, geometry.threads, geometry.shared_bytes}, {name, work, &call, sizeof call});
}

}  // namespace boxwarp::emulated
