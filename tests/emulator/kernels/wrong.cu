#include "emulator/kernels/wrong.hpp"

#include "kernels/dialect.cuh"

namespace boxwarp {
namespace {

struct Tile {
  int values[64];
};

__global__ void without_barrier(int* values) {
  Tile& tile = shared<Tile>();
  tile.values[threadIdx.x] = values[threadIdx.x];
  values[threadIdx.x] = tile.values[63 - threadIdx.x];
}

__global__ void without_warp_barrier(int* values) {
  Tile& tile = shared<Tile>();
  const unsigned lane = threadIdx.x % 32, first = threadIdx.x - lane;
  tile.values[threadIdx.x] = values[threadIdx.x];
  __syncwarp();
  const int neighbour = tile.values[first + (lane + 1) % 32];
  tile.values[threadIdx.x] = neighbour;
  values[threadIdx.x] = neighbour;
}

constexpr unsigned kBranchLine = __LINE__;
__global__ void barrier_in_branch() {
  if (threadIdx.x % 2 == 0) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

constexpr unsigned kEndLine = __LINE__;
__global__ void barrier_after_end() {
  if (threadIdx.x >= 48) return;
  __syncthreads();
}

__global__ void absent_lanes(int* out) {
  if (threadIdx.x < 16) out[threadIdx.x] = __shfl_sync(0xffffffffu, 1, 0);
}

__global__ void outside_mask(unsigned* out) {
  const unsigned mask = threadIdx.x < 8 ? 0x7fu : 0xffffff00u;
  out[threadIdx.x] = __ballot_sync(mask, 1);
}

__global__ void half_warp(int* out) { out[threadIdx.x] = __shfl_down_sync(0xffffffffu, 1, 1); }

__global__ void read_past_end(const int* values, int* out) { out[threadIdx.x] = values[threadIdx.x + 1]; }

__global__ void write_past_end(int* values) { values[threadIdx.x + 1] = 1; }

struct Large {
  int values[20];
};

__global__ void large_copy(int* values) {
  Large* const to = reinterpret_cast<Large*>(values);
  const Large* const from = reinterpret_cast<const Large*>(values + 21);
  *to = *from;
}

__global__ void without_second_barrier(int* out) {
  out[threadIdx.x] = 1;
  __syncthreads();
  const int other = out[63 - threadIdx.x];
  out[threadIdx.x] = other + 1;
}

__global__ void uninitialised(int* out) {
  Tile& tile = shared<Tile>();
  out[threadIdx.x] = tile.values[threadIdx.x];
}

__global__ void block_race(int* total) {
  if (threadIdx.x == 0) *total += static_cast<int>(blockIdx.x);
}

__global__ void half_atomic(int* out) {
  if (threadIdx.x == 5) {
    *out += 1;
  } else {
    atomicAdd(out, 1);
  }
}

struct LargeTile {
  int values[64];
};

__global__ void shared_too_small(int* out) {
  LargeTile& tile = shared<LargeTile>();
  tile.values[threadIdx.x] = 1;
  out[threadIdx.x] = tile.values[threadIdx.x];
}

__global__ void past_shared(int* out) {
  Tile& tile = shared<Tile>();
  int* values = tile.values;
  values[threadIdx.x + 1] = 3;
  out[threadIdx.x] = 1;
}

struct PointerTile {
  const int* pointer;
};

__global__ void foreign_local(int* out) {
  PointerTile& tile = shared<PointerTile>();
  int local = static_cast<int>(threadIdx.x);
  if (threadIdx.x == 0) tile.pointer = &local;
  __syncthreads();
  if (threadIdx.x == 1) *out = *tile.pointer;
  __syncthreads();
}

__global__ void misaligned(const unsigned char* bytes, int* out) { *out = *reinterpret_cast<const int*>(bytes + 1); }

}  // namespace

const unsigned kEvenLine = kBranchLine + 3, kOddLine = kBranchLine + 5, kLonelyLine = kEndLine + 3;

void launch_without_barrier(Executor& executor, int* values) {
  DEVICE::launch(executor, "without_barrier", without_barrier, {1, 64, sizeof(Tile)}, values);
}
void launch_without_warp_barrier(Executor& executor, int* values) {
  DEVICE::launch(executor, "without_warp_barrier", without_warp_barrier, {1, 64, sizeof(Tile)}, values);
}
void launch_barrier_in_branch(Executor& executor) {
  DEVICE::launch(executor, "barrier_in_branch", barrier_in_branch, {2, 64});
}
void launch_barrier_after_end(Executor& executor) {
  DEVICE::launch(executor, "barrier_after_end", barrier_after_end, {1, 64});
}
void launch_absent_lanes(Executor& executor, int* out) {
  DEVICE::launch(executor, "absent_lanes", absent_lanes, {1, 64}, out);
}
void launch_outside_mask(Executor& executor, unsigned* out) {
  DEVICE::launch(executor, "outside_mask", outside_mask, {1, 32}, out);
}
void launch_half_warp(Executor& executor, int* out) { DEVICE::launch(executor, "half_warp", half_warp, {1, 40}, out); }
void launch_read_past_end(Executor& executor, const int* values, int* out) {
  DEVICE::launch(executor, "read_past_end", read_past_end, {1, 64}, values, out);
}
void launch_write_past_end(Executor& executor, int* values) {
  DEVICE::launch(executor, "write_past_end", write_past_end, {1, 64}, values);
}
void launch_large_copy(Executor& executor, int* values) {
  DEVICE::launch(executor, "large_copy", large_copy, {1, 1}, values);
}
void launch_without_second_barrier(Executor& executor, int* out) {
  DEVICE::launch(executor, "without_second_barrier", without_second_barrier, {1, 64}, out);
}
void launch_uninitialised(Executor& executor, int* out) {
  DEVICE::launch(executor, "uninitialised", uninitialised, {1, 64, sizeof(Tile)}, out);
}
void launch_block_race(Executor& executor, int* total) {
  DEVICE::launch(executor, "block_race", block_race, {4, 32}, total);
}
void launch_half_atomic(Executor& executor, int* out) { DEVICE::launch(executor, "half_atomic", half_atomic, {1, 32}, out); }
void launch_shared_too_small(Executor& executor, int* out) {
  DEVICE::launch(executor, "shared_too_small", shared_too_small, {1, 64, 64}, out);
}
void launch_past_shared(Executor& executor, int* out) {
  DEVICE::launch(executor, "past_shared", past_shared, {1, 64, sizeof(Tile)}, out);
}
void launch_foreign_local(Executor& executor, int* out) {
  DEVICE::launch(executor, "foreign_local", foreign_local, {1, 32, sizeof(PointerTile)}, out);
}
void launch_misaligned(Executor& executor, const unsigned char* bytes, int* out) {
  DEVICE::launch(executor, "misaligned", misaligned, {1, 1}, bytes, out);
}

}  // namespace boxwarp
