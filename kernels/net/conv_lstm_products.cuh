// The two ways in which a board's warps compute what p and h add to the gates, and which values a lane gets from them. Both
// have the sums of eight channels and all gates in a warp; a lane has two values at a time, for each half of an m-tile:
//
//   MmaProducts    mma.sync, each warp for itself; the two values are two channels of one cell
//   WgmmaProducts  wgmma, four warps together; the two values are two cells of one channel. `by_channels` turns them, when
//                  they are rounded, into what a lane of MmaProducts has, which is how everything is kept.
#pragma once

#include "kernels/net/gates.hpp"
#include "kernels/net/weight_stream.cuh"
#include "kernels/warpgroup.cuh"

namespace boxwarp::DEVICE {

__device__ inline int tap_distance(const ConvLstmTile& tile, int tap) {
  return (tap / 3 - 1) * tile.row_pitch + (tap % 3 - 1) * kPlaneChannels;
}

// Where the first product row's operand of a k-tile of p and h begins in the board's tiles of h, shifted by the tap. Without
// a branch, for 16, 32 and 64 channels.
class OperandPlaces {
 public:
  // start: of the first product row in a tile.
  __device__ OperandPlaces(const Unrolling& work, int d, int start)
      : work_(work),
        each_(work.shape.channels / kTileDepth),
        tap_bits_(work.shape.channels / 32 + (work.shape.layers > 1 ? 1 : 0)),
        h_(d * work.tile.tile + start),
        first_(work.shape.layers == 1 ? h_ : (d == 0 ? work.shape.layers - 1 : d - 1) * work.tile.tile + start) {}

  __device__ int of(int k_tile) const {
    const int tap = k_tile >> tap_bits_, part = k_tile & ((1 << tap_bits_) - 1);
    return (part < each_ ? first_ : h_) + tap_distance(work_.tile, tap) +
           (part & (each_ - 1)) * (kTileDepth / kPlaneChannels) * work_.tile.plane;
  }

 private:
  const Unrolling& work_;
  int each_, tap_bits_;  // k-tiles of p or h under a tap; 2^tap_bits_ of both
  int h_, first_;
};

// What a lane computes the two values of an m-tile's half from, beside the products.
struct GatePair {
  bool cell[2];       // or a row that is none
  Gates constant[2];  // of the cell's spatial class: bias, fence and what q adds
};

template <int M>
class MmaProducts {
 public:
  static constexpr int kCountOfMTiles = M;
  static constexpr bool kByWarpgroup = false;

  // from: the lane's input part, as encode left it.
  __device__ void begin(const uint4* from) {
#pragma unroll
    for (int m = 0; m < M; ++m) {
#pragma unroll
      for (int two = 0; two < 2; ++two) {
        const uint4 bits = from[m * static_cast<int>(kWarpLanes) * 2 + two];
        sums_.sum[m][2 * two] = {{first_of(bits.x), second_of(bits.x), first_of(bits.y), second_of(bits.y)}};
        sums_.sum[m][2 * two + 1] = {{first_of(bits.z), second_of(bits.z), first_of(bits.w), second_of(bits.w)}};
      }
    }
  }

  template <class Stream>
  __device__ void multiply(const Unrolling& work, const Worker& me, int d, Stream& stream) {
    const int start =
        left_channel(me.lane) / kPlaneChannels * work.tile.plane + work.tile.origin + left_cell(me.lane) * kPlaneChannels;
    const OperandPlaces places(work, d, start);
    int k_tile = 0;
    for (int stage = work.tile.injected_stages; stage < work.tile.layer_stages; ++stage) {
      const Bf16* weights = stream.take(work);
      for (int i = 0; i < work.tile.stage_k_tiles; ++i, weights += work.tile.k_tile)
        add_products(sums_, me.hidden(work.tile, 0) + places.of(k_tile++), load_gate_operand(weights, me.warp, me.lane));
    }
  }

  __device__ float sum(int m, int half, int gate, int i) const { return sums_.sum[m][gate].x[2 * half + i]; }

  // classes: of the board, (kClassCount, 4C).
  __device__ static GatePair pair(const FusedShape& shape, const float* classes, const ProductRow* rows, const Worker& me,
                                  int m, int half) {
    const ProductRow what = rows[sum_row(m, me.lane, 2 * half)];
    const bool cell = what.is_cell();
    const float* add = classes + (cell ? what.spatial_class : 0) * shape.gates() + me.channel();
    float2 constant[kGateCount];
#pragma unroll
    for (int gate = 0; gate < kGateCount; ++gate)
      constant[gate] = *reinterpret_cast<const float2*>(add + gate * shape.channels);
    return {{cell, cell},
            {{constant[0].x, constant[1].x, constant[2].x, constant[3].x},
             {constant[0].y, constant[1].y, constant[2].y, constant[3].y}}};
  }
  // Leaves the constants of a gate for two channels.
  __device__ static void leave(const FusedShape& shape, float* classes, int spatial_class, int gate, int channel,
                               float2 constant) {
    *reinterpret_cast<float2*>(classes + spatial_class * shape.gates() + gate * shape.channels + channel) = constant;
  }

  __device__ static Bf16x2 by_channels(Bf16x2 two) { return two; }

 private:
  GateSums<M> sums_;
};

// Gates are the rows of the sums, cells the columns: both operands are tiles as they lie in shared memory.
template <int M>
class WgmmaProducts {
 public:
  static constexpr int kCountOfMTiles = M;
  static constexpr bool kByWarpgroup = true;

  __device__ void begin(const uint4* from) {
#pragma unroll
    for (int m = 0; m < M; ++m) {
#pragma unroll
      for (int two = 0; two < 2; ++two) {
        const uint4 bits = from[m * static_cast<int>(kWarpLanes) * 2 + two];
        const Bf16x2 of[2][2] = {{turned(bits.x), turned(bits.z)}, {turned(bits.y), turned(bits.w)}};
#pragma unroll
        for (int half = 0; half < 2; ++half) {
#pragma unroll
          for (int one = 0; one < 2; ++one) {
            sums_[two].x[place(m, half, one)] = first_of(of[half][one]);
            sums_[two].x[place(m, half, one) + 1] = second_of(of[half][one]);
          }
        }
      }
    }
  }

  template <class Stream>
  __device__ void multiply(const Unrolling& work, const Worker& me, int d, Stream& stream) {
    constexpr int kHalf = kWarpgroupRows * kPlaneChannels;  // elements from the rows of i and j to those of f and o
    const int plane = work.tile.plane * 2, next_k = work.shape.gates() * kPlaneChannels * 2;
    const Bf16* const tiles = me.hidden(work.tile, 0);
    const OperandPlaces places(work, d, work.tile.origin);
    int k_tile = 0;
    // Two stages in a row: the first's products go on while all wait for the second. None goes on around the loop, where the
    // compiler would have each of them wait for the one before.
#pragma unroll 1
    for (int stage = work.tile.injected_stages; stage < work.tile.layer_stages; stage += 2) {
#pragma unroll
      for (int two = 0; two < 2; ++two) {
        const Bf16* weights = stream.take(work) + me.warp / kWarpgroupWarps * 2 * kHalf;
        open_products();
#pragma unroll
        for (int n = 0; n < kWarpgroupKTiles; ++n, ++k_tile, weights += work.tile.k_tile) {
          const WarpgroupOperand cells = operand_at(tiles + places.of(k_tile), kEightPieces, plane);
          multiply_later(sums_[0], operand_at(weights, kEightPieces, next_k), cells);
          multiply_later(sums_[1], operand_at(weights + kHalf, kEightPieces, next_k), cells);
        }
        close_products();
      }
      wait_for_products<0>();
      touch(sums_[0]);
      touch(sums_[1]);
    }
  }

  __device__ float sum(int m, int half, int gate, int i) const { return sums_[gate / 2].x[place(m, half, gate % 2) + i]; }

  // classes: (kClassCount, C, 4).
  __device__ static GatePair pair(const FusedShape& shape, const float* classes, const ProductRow* rows, const Worker& me,
                                  int m, int half) {
    GatePair both;
    const float* of_channel = classes + warpgroup_channel(me.warp, me.lane) * kGateCount;
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const ProductRow what = rows[warpgroup_row(m, me.lane, 2 * half + i)];
      both.cell[i] = what.is_cell();
      const float4 add =
          *reinterpret_cast<const float4*>(of_channel + (both.cell[i] ? what.spatial_class : 0) * shape.gates());
      both.constant[i] = {add.x, add.y, add.z, add.w};
    }
    return both;
  }
  __device__ static void leave(const FusedShape& shape, float* classes, int spatial_class, int gate, int channel,
                               float2 constant) {
    float* to = classes + spatial_class * shape.gates() + channel * kGateCount + gate;
    to[0] = constant.x;
    to[kGateCount] = constant.y;
  }

  __device__ static Bf16x2 by_channels(Bf16x2 two) { return turned(two); }

  // Of c in FusedScratch::state.
  __device__ static int state_at(int row, int channel) { return WarpgroupSumOrder{M}.at(row, channel); }

 private:
  // Of the first of two cells, in the sums of i and j or of f and o.
  __device__ static constexpr int place(int m, int half, int one) { return 4 * (2 * m + half) + 2 * one; }

  WarpgroupSums<kTileRows * M> sums_[2];
};

}  // namespace boxwarp::DEVICE
