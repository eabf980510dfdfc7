#include "tests/host/cuda/gpu_kernels.hpp"

#include "kernels/dialect.cuh"
#include "kernels/fault.cuh"

namespace boxwarp::test {

namespace {

struct LargeTile {
  float values[kLargeTileFloats];
};

__global__ void add_kernel(float* values, int count, float amount) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= count) return;
  values[i] += amount;
}

// One block.
__global__ void reverse_kernel(float* values, int count) {
  LargeTile& tile = shared<LargeTile>();
  for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) tile.values[i] = values[i];
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x))
    values[i] = tile.values[count - 1 - i];
}

__global__ void check_actions_kernel(const unsigned char* actions, int count, FaultWord* fault) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= count) return;
  if (actions[i] > 3) report(fault, {FaultKind::bad_action, static_cast<std::uint32_t>(i), actions[i]});
}

__global__ void spin_kernel(long long ticks) {
  const long long start = clock64();
  while (clock64() - start < ticks) {
  }
}

unsigned blocks_of(int count, unsigned threads) { return (static_cast<unsigned>(count) + threads - 1) / threads; }

}  // namespace

void add(Executor& executor, float* values, int count, float amount, unsigned threads) {
  DEVICE::launch(executor, "add", add_kernel, {blocks_of(count, threads), threads}, values, count, amount);
}

void reverse(Executor& executor, float* values, int count) {
  DEVICE::launch(executor, "reverse", reverse_kernel, {1, kThreads, static_cast<std::size_t>(count) * sizeof(float)}, values,
                 count);
}

void check_actions(Executor& executor, const unsigned char* actions, int count) {
  FaultWord* fault = static_cast<DeviceExecutor&>(executor).fault();
  DEVICE::launch(executor, "check_actions", check_actions_kernel, {blocks_of(count, kThreads), kThreads}, actions, count,
                 fault);
}

void spin(Executor& executor, long long ticks) { DEVICE::launch(executor, "spin", spin_kernel, {1, 1}, ticks); }

}  // namespace boxwarp::test
