#include "emulator/kernels/right.hpp"

#include "kernels/dialect.cuh"

namespace boxwarp {
namespace {

__global__ void add_kernel(const float* __restrict__ left, const float* __restrict__ right, float* __restrict__ sums,
                           int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= count) return;
  sums[i] = __ldg(left + i) + __ldg(right + i);
}

struct ReverseTile {
  int values[64];
};

__global__ void __launch_bounds__(64) reverse_kernel(int* values) {
  ReverseTile& tile = shared<ReverseTile>();
  int* mine = values + blockIdx.x * 64;
  tile.values[threadIdx.x] = mine[threadIdx.x];
  __syncthreads();
  mine[threadIdx.x] = tile.values[63 - threadIdx.x];
}

struct HistogramTile {
  unsigned counts[16];
};

__global__ void histogram_kernel(const unsigned* values, unsigned* counts, int count) {
  HistogramTile& tile = shared<HistogramTile>();
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (threadIdx.x < 16) tile.counts[threadIdx.x] = 0;
  __syncthreads();
  if (i < count) atomicAdd(&tile.counts[values[i] % 16], 1u);
  __syncthreads();
  if (threadIdx.x < 16) atomicAdd(&counts[threadIdx.x], tile.counts[threadIdx.x]);
}

struct RotateTile {
  int values[128];
};

__global__ void rotate_kernel(int* values) {
  RotateTile& tile = shared<RotateTile>();
  const unsigned lane = threadIdx.x % 32, first = threadIdx.x - lane;
  for (int turn = 0; turn < 33; turn++) {  // a whole turn and one more
    tile.values[threadIdx.x] = values[threadIdx.x];
    __syncwarp();
    values[threadIdx.x] = tile.values[first + (lane + 31) % 32];
    __syncwarp();
  }
}

__global__ void warp_words_kernel(const int* values, WarpWords out) {
  constexpr unsigned kAll = 0xffffffffu;
  const unsigned lane = threadIdx.x;
  const int mine = values[lane];
  out.indexed[lane] = __shfl_sync(kAll, mine, 3);
  out.up[lane] = __shfl_up_sync(kAll, mine, 1);
  out.down[lane] = __shfl_down_sync(kAll, mine, 1);
  out.crossed[lane] = __shfl_xor_sync(kAll, mine, 5);
  out.down_by_8[lane] = __shfl_down_sync(kAll, mine, 2, 8);
  out.ballot[lane] = __ballot_sync(kAll, mine > 15);
  out.any[lane] = static_cast<unsigned>(__any_sync(kAll, mine > 15));
  out.all[lane] = static_cast<unsigned>(__all_sync(kAll, mine > 15));
  out.wide[lane] = __shfl_sync(kAll, static_cast<unsigned long long>(mine) << 32 | 7u, 31);
  const unsigned half = lane < 16 ? 0x0000ffffu : 0xffff0000u;
  int sum = mine;
#pragma unroll
  for (int distance = 8; distance > 0; distance /= 2) sum += __shfl_xor_sync(half, sum, distance);
  out.halves[lane] = sum;
  out.reduced_sum[lane] = __reduce_add_sync(half, mine - 10);
  out.reduced_least[lane] = __reduce_min_sync(half, mine - 10);
  out.reduced_most[lane] = __reduce_max_sync(half, mine - 10);
}

__global__ void atomics_kernel(unsigned long long* wide, unsigned* out) {
  const unsigned mine = blockIdx.x * blockDim.x + threadIdx.x + 1;
  atomicAdd(out + 0, mine);
  atomicSub(out + 1, mine);
  atomicMin(out + 2, mine);
  atomicMax(out + 3, mine);
  atomicAnd(out + 4, ~mine);
  atomicOr(out + 5, mine);
  atomicXor(out + 6, mine);
  for (unsigned seen = 0;;) {
    const unsigned before = atomicCAS(out + 7, seen, seen + 1);
    if (before == seen) break;
    seen = before;
  }
  atomicAdd(wide + 0, static_cast<unsigned long long>(mine) << 32);
  atomicMax(wide + 1, static_cast<unsigned long long>(mine) << 32);
  atomicOr(wide + 2, static_cast<unsigned long long>(mine) << 32);
  atomicExch(wide + 3, static_cast<unsigned long long>(mine));
}

__global__ void block_votes_kernel(int* out, int limit) {
  const int claim = static_cast<int>(threadIdx.x) < limit;
  const int counted = __syncthreads_count(claim);
  const int any = __syncthreads_or(claim);
  const int all = __syncthreads_and(claim);
  if (threadIdx.x != 40) return;
  out[0] = counted;
  out[1] = any;
  out[2] = all;
}

}  // namespace

void launch_add(Executor& executor, const float* left, const float* right, float* sums, int count) {
  DEVICE::launch(executor, "add", add_kernel, {static_cast<unsigned>(count + 31) / 32, 32}, left, right, sums, count);
}

void launch_reverse(Executor& executor, int* values, unsigned blocks) {
  DEVICE::launch(executor, "reverse", reverse_kernel, {blocks, 64, sizeof(ReverseTile)}, values);
}

void launch_histogram(Executor& executor, const unsigned* values, unsigned* counts, int count) {
  DEVICE::launch(executor, "histogram", histogram_kernel,
                 {static_cast<unsigned>(count + 63) / 64, 64, sizeof(HistogramTile)}, values, counts, count);
}

void launch_rotate(Executor& executor, int* values, unsigned warps) {
  DEVICE::launch(executor, "rotate", rotate_kernel, {1, 32 * warps, sizeof(RotateTile)}, values);
}

void launch_warp_words(Executor& executor, const int* values, WarpWords out) {
  DEVICE::launch(executor, "warp_words", warp_words_kernel, {1, 32}, values, out);
}

void launch_atomics(Executor& executor, unsigned long long* wide, unsigned* out, unsigned blocks, unsigned threads) {
  DEVICE::launch(executor, "atomics", atomics_kernel, {blocks, threads}, wide, out);
}

void launch_block_votes(Executor& executor, int* out, int limit) {
  DEVICE::launch(executor, "block_votes", block_votes_kernel, {1, 96}, out, limit);
}

}  // namespace boxwarp
