// From the gradients of a board's gates to those of the pooled part q, and on to h, for conv_lstm_backward:
//
//   class_sums[class] = sum of grad_gates over the cells of a class
//   tap_sums[tap] = sum of class_sums over the classes whose tap lies on the board
//   grad_q = sum over taps and gates of W[tap]^T tap_sums[tap]
//   grad_h += P1 grad_q / (H W) everywhere, P0 grad_q where h is the maximum, in equal shares among equal cells
//
// The first is a product of tensor cores, with a matrix that says which cell is of which class. Each warp has 32 gate
// channels of the sums, and the eight channels of q and h that it owns.
#pragma once

#include "kernels/net/backward_blocks.hpp"
#include "kernels/net/gate_gradients.cuh"

namespace boxwarp::DEVICE {

// The block's shared memory: the tiles of grad_gates of its boards, their sums, then what each row is.
struct Room {
  Bf16* tiles;        // (boards) state tile of 4C channels
  float* class_sums;  // (boards, kClassCount, 4C)
  float* tap_sums;    // (boards, kTapCount, 4C)
  ProductRow* rows;   // (rows)

  __device__ Room(const BackBlock& block, int boards, Bf16* begin)
      : tiles(begin),
        class_sums(reinterpret_cast<float*>(begin + boards * block.tile_elements())),
        tap_sums(class_sums + boards * block.sums()),
        rows(reinterpret_cast<ProductRow*>(tap_sums + boards * block.sums())) {}
};

// Of the four planes of a board's tile that the warp has.
template <int M>
__device__ void sum_classes(const Owner<M>& mine, const CellTile& tile, int G, const ProductRow* rows_of_board,
                            const Bf16* grad_gates, float* class_sums, float* kept) {
  TileC sums[4] = {};
  const int lane = mine.lane, quad = lane / 4, pair = lane % 4 * 2;
  const Bf16* rows = grad_gates + ((mine.warp * 4 + lane / 16) * tile.cells() + tile.origin() + lane % 16) * kPlaneChannels;
#pragma unroll 1
  for (int m = 0; m < M; ++m) {
    const auto is = [&](int spatial_class, int row) {
      const ProductRow* two = rows_of_board + m * kTileRows + row;
      return (two[0].spatial_class == spatial_class ? 0x3f80u : 0u) |
             (two[1].spatial_class == spatial_class ? 0x3f800000u : 0u);
    };
    // Row quad is class quad, row quad + 8 of the first quad the ninth.
    const int ninth = quad == 0 ? 8 : ProductRow::kNone - 1;
    const TileA classes{{is(quad, pair), is(ninth, pair), is(quad, pair + 8), is(ninth, pair + 8)}};
#pragma unroll
    for (int two = 0; two < 2; ++two) {
      const FourTiles right = load_tiles_transposed(rows + (two * 2 * tile.cells() + m * kTileRows) * kPlaneChannels);
      multiply_tiles(sums[2 * two], classes, {{right.reg[0], right.reg[1]}});
      multiply_tiles(sums[2 * two + 1], classes, {{right.reg[2], right.reg[3]}});
    }
  }
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    const int at = (mine.warp * 4 + j) * kPlaneChannels + pair;
    const auto store = [&](int spatial_class, float first, float second) {
      float2 both{first, second};
      *reinterpret_cast<float2*>(class_sums + spatial_class * G + at) = both;
      *reinterpret_cast<float2*>(kept + spatial_class * G + at) = both;
    };
    store(quad, sums[j].x[0], sums[j].x[1]);
    if (quad == 0) store(8, sums[j].x[2], sums[j].x[3]);
  }
  __syncwarp();
}

// Thread = gate channel, of those whose classes its warp has summed.
__device__ inline void sum_taps(int G, const float* class_sums, float* tap_sums) {
  const int gate = forgotten(static_cast<int>(threadIdx.x));
  float of_class[kClassCount];
#pragma unroll
  for (int i = 0; i < kClassCount; ++i) of_class[i] = class_sums[i * G + gate];
#pragma unroll
  for (int tap = 0; tap < kTapCount; ++tap) {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kClassCount; ++i)
      if (class_has_tap(i, tap)) sum += of_class[i];
    tap_sums[tap * G + gate] = sum;
  }
}

// Each lane has the warp's eight channels of a part of the rows; it gets the sum over all lanes for the two that it owns.
__device__ inline float2 sum_of_lanes(int lane, const float (&part)[kPlaneChannels]) {
  float four[4], two[2];
  const bool upper_four = (lane & 2) != 0, upper_two = (lane & 1) != 0;
#pragma unroll
  for (int i = 0; i < 4; ++i)
    four[i] = (upper_four ? part[4 + i] : part[i]) + __shfl_xor_sync(kWholeWarp, upper_four ? part[i] : part[4 + i], 2);
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    two[i] = (upper_two ? four[2 + i] : four[i]) + __shfl_xor_sync(kWholeWarp, upper_two ? four[i] : four[2 + i], 1);
#pragma unroll
    for (int distance = 4; distance < static_cast<int>(kWarpLanes); distance *= 2)
      two[i] += __shfl_xor_sync(kWholeWarp, two[i], distance);
  }
  return {two[0], two[1]};
}

// grad_q of the thread's two channels for each board; all read the weights once. Row r of the 9 * 4C is lane r % 32's.
template <int M, int kBoards>
__device__ void sum_injected(const Owner<M>& mine, int C, const Bf16* weights, const float* tap_sums,
                             float2 (&grad_q)[kBoards]) {
  const int rows = kTapCount * kGateCount * C;
  const uint4* from = reinterpret_cast<const uint4*>(weights) + mine.warp * rows + mine.lane;
  const float* sums = tap_sums + mine.lane;
  float part[kBoards][kPlaneChannels] = {};
  constexpr int kTogether = kTapCount;  // loads under way
#pragma unroll 1
  for (int round = 0; round < rows / (kTogether * static_cast<int>(kWarpLanes)); ++round) {
    uint4 eight[kTogether];
#pragma unroll
    for (int i = 0; i < kTogether; ++i) eight[i] = from[i * static_cast<int>(kWarpLanes)];
#pragma unroll
    for (int i = 0; i < kTogether; ++i) {
#pragma unroll
      for (int board = 0; board < kBoards; ++board) {
        const float sum = sums[board * rows + i * static_cast<int>(kWarpLanes)];
        float(&to)[kPlaneChannels] = part[board];
        to[0] += first_of(eight[i].x) * sum, to[1] += second_of(eight[i].x) * sum;
        to[2] += first_of(eight[i].y) * sum, to[3] += second_of(eight[i].y) * sum;
        to[4] += first_of(eight[i].z) * sum, to[5] += second_of(eight[i].z) * sum;
        to[6] += first_of(eight[i].w) * sum, to[7] += second_of(eight[i].w) * sum;
      }
    }
    from += kTogether * static_cast<int>(kWarpLanes);
    sums += kTogether * static_cast<int>(kWarpLanes);
  }
#pragma unroll
  for (int board = 0; board < kBoards; ++board) grad_q[board] = sum_of_lanes(mine.lane, part[board]);
}

// What the pooling hands to the cells: two numbers for each of the thread's channels.
struct PoolGradient {
  float2 maximum, to_maximum, to_all;

  // For the thread's two channels of a cell.
  __device__ float2 at(Bf16x2 h) const {
    return {to_all.x + (first_of(h) == maximum.x ? to_maximum.x : 0.0f),
            to_all.y + (second_of(h) == maximum.y ? to_maximum.y : 0.0f)};
  }
};

// h: of the thread's cells, two channels for each of 2 M rows. grad_project: the sum so far becomes that with this tick.
template <int M>
__device__ PoolGradient pool_gradient(const Owner<M>& mine, int cells, int C, const float* project, const float* pooled,
                                      const Bf16x2 (&h)[2 * M], float2 grad_q, float* grad_project) {
  const auto two = [&](const float* of_channels) { return *reinterpret_cast<const float2*>(of_channels + mine.channel); };
  const float2 maximum = two(pooled), mean = two(pooled + C), of_maximum = two(project), of_mean = two(project + C);
  const bool sums = mine.lane / 4 == 0;  // of the lanes that have the same channels
  const float2 before_maximum = sums ? two(grad_project) : float2{0, 0},
               before_mean = sums ? two(grad_project + C) : float2{0, 0};
  float2 ties{0, 0};
#pragma unroll
  for (int i = 0; i < 2 * M; ++i) {
    if (!mine.is_cell(i / 2, i % 2)) continue;
    ties.x += first_of(h[i]) == maximum.x ? 1.0f : 0.0f;
    ties.y += second_of(h[i]) == maximum.y ? 1.0f : 0.0f;
  }
  for (int distance = 4; distance <= 16; distance *= 2) {
    ties.x += __shfl_xor_sync(kWholeWarp, ties.x, distance);
    ties.y += __shfl_xor_sync(kWholeWarp, ties.y, distance);
  }
  if (sums) {
    float* const sum = grad_project + mine.channel;
    *reinterpret_cast<float2*>(sum) = {before_maximum.x + grad_q.x * maximum.x, before_maximum.y + grad_q.y * maximum.y};
    *reinterpret_cast<float2*>(sum + C) = {before_mean.x + grad_q.x * mean.x, before_mean.y + grad_q.y * mean.y};
  }
  const auto all = static_cast<float>(cells);
  return {maximum,
          {grad_q.x * of_maximum.x / ties.x, grad_q.y * of_maximum.y / ties.y},
          {grad_q.x * of_mean.x / all, grad_q.y * of_mean.y / all}};
}

}  // namespace boxwarp::DEVICE
