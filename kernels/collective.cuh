// What the threads of a warp or a block do together: sums, tensor-core tiles, asynchronous copies.
// Each stands twice: as CUDA or PTX, and as its scalar meaning for the emulator (emulator/collective_words.hpp).
//
//   warp_sum(x)  block_sum(x, scratch)                 added in the same order everywhere
//   meet_block()                                        barrier.sync: as __syncthreads, from wherever a warp comes to it
//   Bf16, Bf16x2, to_bf16, to_float, pack               bfloat16 by its bits, rounded to nearest even
//   multiply_tiles(sum, a, b)                           mma.sync.m16n8k16, bf16 times bf16, summed as float
//   load_tiles(row)  load_tiles_transposed(row)         ldmatrix .x4
//   copy_later(to, from, present)  close_copies()  wait_for_copies<N>()     cp.async of 16 bytes
#pragma once

#include <cstdint>

#include "kernels/bf16.hpp"
#include "kernels/dialect.cuh"

#if defined(__CUDACC__)
#include <cuda_bf16.h>
#else
#include "emulator/collective_words.hpp"
#endif

namespace boxwarp {

// ---- sums

// The sum over the 32 lanes of a warp, all of which must come; the same bits in each lane. T: a number of 4 or 8 bytes.
// Lanes 16 apart are added first, neighbours last; as addition commutes, both lanes of a pair get the same.
template <class T>
__device__ T warp_sum(T value) {
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(kWholeWarp, value, distance);
  return value;
}

// Shared memory for block_sum: a member of the kernel's Tile.
template <class T>
struct BlockSum {
  T of_warp[32];
};

// The sum over a block of whole warps, the same bits in each thread: warps are added in ascending order.
// Two barriers: scratch may be used again at once.
template <class T>
__device__ T block_sum(T value, BlockSum<T>& scratch) {
  const unsigned warps = blockDim.x / kWarpLanes;
  const T mine = warp_sum(value);
  if (threadIdx.x % kWarpLanes == 0) scratch.of_warp[threadIdx.x / kWarpLanes] = mine;
  __syncthreads();
  T sum = scratch.of_warp[0];
  for (unsigned warp = 1; warp < warps; warp++) sum += scratch.of_warp[warp];
  __syncthreads();
  return sum;
}

// ---- barriers

// Waits for all threads of the block, wherever in the code each of its warps does. __syncthreads, bar.sync and all that is
// .aligned are for all of them to come to the same instruction.
__device__ inline void meet_block() {
#if defined(__CUDACC__)
  asm volatile("barrier.sync 0;" ::: "memory");
#else
  __syncthreads();
#endif
}

// ---- bfloat16

// Two Bf16 in one register: the first in the lower half.
using Bf16x2 = std::uint32_t;

__device__ inline float to_float(Bf16 x) { return __uint_as_float(static_cast<std::uint32_t>(x.bits) << 16); }

// Rounded to nearest, ties to even; whatever is not a number becomes 0x7fff.
__device__ inline Bf16 to_bf16(float x) {
#if defined(__CUDACC__)
  return {__bfloat16_as_ushort(__float2bfloat16_rn(x))};
#else
  return {emulator::rounded_to_bf16(x)};
#endif
}

__device__ inline Bf16x2 pack(Bf16 first, Bf16 second) { return static_cast<std::uint32_t>(second.bits) << 16 | first.bits; }
// Rounded as by to_bf16. One instruction, which newer compilers do not find for two conversions.
__device__ inline Bf16x2 pack(float first, float second) {
#if defined(__CUDACC__)
  Bf16x2 two;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(two) : "f"(second), "f"(first));
  return two;
#else
  return pack(to_bf16(first), to_bf16(second));
#endif
}

// ---- tensor-core tiles
//
// Which elements a lane holds; quad = lane / 4, pair = lane % 4 * 2 (PTX ISA, "Matrix fragments for mma.m16n8k16"):
//   TileA (16 x 16)  reg[0]: row quad,     columns pair, pair + 1        reg[2]: row quad,     columns pair + 8, pair + 9
//                    reg[1]: row quad + 8, columns pair, pair + 1        reg[3]: row quad + 8, columns pair + 8, pair + 9
//   TileB (16 x 8)   reg[0]: rows pair, pair + 1, column quad            reg[1]: rows pair + 8, pair + 9, column quad
//   TileC (16 x 8)   x[0], x[1]: row quad, columns pair, pair + 1        x[2], x[3]: row quad + 8, columns pair, pair + 1

struct TileA {
  Bf16x2 reg[4];
};
struct TileB {
  Bf16x2 reg[2];
};
struct TileC {
  float x[4];
};

// sum += a * b for tiles of 16x16 times 16x8, by a whole warp. A tensor core rounds its sums in an order of its own, the
// emulator adds products in ascending order to a float: results agree within rounding, not in every bit.
__device__ inline void multiply_tiles(TileC& sum, const TileA& a, const TileB& b) {
#if defined(__CUDACC__)
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sum.x[0]), "+f"(sum.x[1]), "+f"(sum.x[2]), "+f"(sum.x[3])
      : "r"(a.reg[0]), "r"(a.reg[1]), "r"(a.reg[2]), "r"(a.reg[3]), "r"(b.reg[0]), "r"(b.reg[1]));
#else
  emulator::multiply_tiles(sum.x, a.reg, b.reg);
#endif
}

// Four tiles of 8x8 from shared memory, one register each: lane 8 * i + r brings the address of row r of tile i, 16 bytes
// aligned to 16. A lane gets columns pair, pair + 1 of row quad of each tile; transposed: rows pair, pair + 1 of column
// quad.
struct FourTiles {
  Bf16x2 reg[4];
};

#if defined(__CUDACC__)

__device__ inline std::uint32_t shared_address(const void* at) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(at));
}

__device__ inline FourTiles load_tiles(const Bf16* row) {
  FourTiles tiles;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(tiles.reg[0]), "=r"(tiles.reg[1]), "=r"(tiles.reg[2]), "=r"(tiles.reg[3])
               : "r"(shared_address(row))
               : "memory");
  return tiles;
}

__device__ inline FourTiles load_tiles_transposed(const Bf16* row) {
  FourTiles tiles;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(tiles.reg[0]), "=r"(tiles.reg[1]), "=r"(tiles.reg[2]), "=r"(tiles.reg[3])
               : "r"(shared_address(row))
               : "memory");
  return tiles;
}

#else

inline FourTiles load_tiles(const Bf16* row, emulator::Site site = emulator::Site::here()) {
  FourTiles tiles;
  emulator::load_tiles(tiles.reg, row, false, site);
  return tiles;
}

inline FourTiles load_tiles_transposed(const Bf16* row, emulator::Site site = emulator::Site::here()) {
  FourTiles tiles;
  emulator::load_tiles(tiles.reg, row, true, site);
  return tiles;
}

#endif

// ---- asynchronous copies
//
// A thread starts copies of 16 bytes from global to shared memory, closes them into a group, and later waits until no more
// than N of its groups are still under way. Only its own: a barrier after the wait shows them to the others.

// to, from: aligned to 16. Without present, zeros arrive and from is not read (it must still be a valid address).
__device__ inline void copy_later(void* to, const void* from, bool present = true) {
#if defined(__CUDACC__)
  const unsigned bytes = present ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)),
               "l"(__cvta_generic_to_global(from)), "r"(bytes)
               : "memory");
#else
  emulator::start_copy(to, from, present);
#endif
}

__device__ inline void close_copies() {
#if defined(__CUDACC__)
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  emulator::close_copy_group();
#endif
}

template <int kStillUnderWay>
__device__ inline void wait_for_copies() {
  static_assert(kStillUnderWay >= 0);
#if defined(__CUDACC__)
  asm volatile("cp.async.wait_group %0;" ::"n"(kStillUnderWay) : "memory");
#else
  emulator::deliver_copy_groups(kStillUnderWay);
#endif
}

}  // namespace boxwarp
