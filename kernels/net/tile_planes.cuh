// What the convolutions on tensor cores share: maps on their way to shared memory, and the operands from there.
//
// Operands lie in planes of eight channels, 16 bytes for each row of a plane, as in tiles.hpp: eight neighbouring rows meet
// every bank of shared memory once when ldmatrix reads them. A few rows more between two planes do the same for the stores,
// which go through the planes first.
//
// A cell's neighbour at a tap lies a constant number of rows further on, so shared memory gets rows as they follow each
// other, board after board, and taps read them shifted. Where the neighbour is off the board a row of zeros is read instead.
#pragma once

#include "kernels/collective.cuh"
#include "kernels/net/convolution.cuh"
#include "kernels/net/tiles.hpp"

namespace boxwarp::DEVICE::plain {

inline constexpr int kWarps = kThreads / kWarpLanes;
inline constexpr int kThreadCount = kThreads, kLanes = kWarpLanes;
inline constexpr int kPlanesOf16 = kTileDepth / kPlaneChannels;

// Rows from plane to plane, of which so many are used.
HOST_DEVICE constexpr int plane_stride(int planes, int rows) { return (rows + 7) / 8 * 8 + (planes < 8 ? 8 / planes : 1); }

// Eight threads store 16 bytes each at once, planes first; there are 32 banks of four bytes.
constexpr bool stores_meet_each_bank_once(int planes, int rows) {
  unsigned quads = 0;  // of banks
  for (int i = 0; i < 8; ++i) quads |= 1u << (i % planes * plane_stride(planes, rows) + i / planes) % 8;
  return quads == 0xff;
}
static_assert(stores_meet_each_bank_once(4, 151) && stores_meet_each_bank_once(4, 32) && stores_meet_each_bank_once(8, 34) &&
              stores_meet_each_bank_once(16, 32));

// Eight channels of a row, as they are read.
struct EightFloats {
  float4 first, second;

  __device__ uint4 rounded() const {
    return {pack(first.x, first.y), pack(first.z, first.w), pack(second.x, second.y), pack(second.z, second.w)};
  }
};

// second: how far from the first four channels the others lie. Zeros where the row is not there.
__device__ inline EightFloats eight_at(const float* at, int second, bool there) {
  const float4 zeros = make_float4(0, 0, 0, 0);
  EightFloats eight{zeros, zeros};
  if (there) eight = {four_at(at), four_at(at + second)};
  return eight;
}

__device__ inline void store(Bf16* to, const uint4& eight) { *reinterpret_cast<uint4*>(to) = eight; }

// The right operands of 16 rows of depth for all columns of the block. from: where this lane's row of the first two tiles
// lies; stride: rows from plane to plane.
template <int kTiles>
__device__ void load_right(const Bf16* from, int stride, TileB (&right)[kTiles]) {
#pragma unroll
  for (int j = 0; j < kTiles; j += 2) {
    const FourTiles four = load_tiles_transposed(from + j * stride * kPlaneChannels);
    right[j] = {{four.reg[0], four.reg[1]}};
    right[j + 1] = {{four.reg[2], four.reg[3]}};
  }
}

// Where each lane's row of load_right lies, from the first row on.
__device__ inline int right_start(int lane, int stride) { return (lane / 16 * stride + lane % 16) * kPlaneChannels; }

// Whether `at` is one of `size` numbers from 0 on.
__device__ inline bool within(int at, int size) { return static_cast<unsigned>(at) < static_cast<unsigned>(size); }

// Bit n: whether coordinate at + n is one of `size`. n < kernel
__device__ inline unsigned reached(int at, int kernel, int size) {
  unsigned bits = 0;
  for (int n = 0; n < kernel; ++n) bits |= static_cast<unsigned>(within(at + n, size)) << n;
  return bits;
}

inline unsigned blocks_of(std::int64_t count, int each) { return static_cast<unsigned>((count + each - 1) / each); }

}  // namespace boxwarp::DEVICE::plain
