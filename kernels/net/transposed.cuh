// The transposed convolution of a board's gate gradients, for the warps of a block.
#pragma once

#include "kernels/collective.cuh"
#include "kernels/net/tiles.hpp"

namespace boxwarp {

inline constexpr int kAhead = 4;  // operands of weights under way; divides the C / 4 k-tiles of a tap

template <int kTiles>
struct BackOperand {
  TileB tile[kTiles];
};

template <int kTiles>
__device__ BackOperand<kTiles> load_back_operand(const Bf16* from, int lane) {
  if constexpr (kTiles == 1) {
    const uint2 two = reinterpret_cast<const uint2*>(from)[lane];
    return {{{{two.x, two.y}}}};
  } else {
    const uint4 four = reinterpret_cast<const uint4*>(from)[lane];
    return {{{{four.x, four.y}}, {{four.z, four.w}}}};
  }
}

// The transposed convolution, of several boards' tiles one after another: sums[board][m][n-tile of the warp].
template <int M, int kTiles, int kBoards>
__device__ void transposed(int warp, int lane, const CellTile& tile, int C, const RightOrder& order, const Bf16* weights,
                           const Bf16* grad_gates, TileC (&sums)[kBoards][M][kTiles]) {
  const int k_tiles = kGateCount * C / kTileDepth, all = kTapCount * k_tiles, board = tile.elements(kGateCount * C);
  const Bf16* from = weights + warp * order.warp_elements();
  BackOperand<kTiles> ring[kAhead];
#pragma unroll
  for (int i = 0; i < kAhead; ++i) ring[i] = load_back_operand<kTiles>(from + i * order.tile_elements(), lane);
  const Bf16* start = grad_gates + tile.at(left_channel(lane), tile.origin() + left_cell(lane));
#pragma unroll 1
  for (int tap = 0; tap < kTapCount; ++tap) {
    const Bf16* rows = start - tile.offset(tap) * kPlaneChannels;
#pragma unroll 1
    for (int k_tile = 0; k_tile < k_tiles; k_tile += kAhead) {
#pragma unroll
      for (int i = 0; i < kAhead; ++i) {
        const BackOperand<kTiles> right = ring[i];
        const int next = tap * k_tiles + k_tile + i + kAhead;
        if (next < all) ring[i] = load_back_operand<kTiles>(from + next * order.tile_elements(), lane);
#pragma unroll
        for (int b = 0; b < kBoards; ++b) {
#pragma unroll
          for (int m = 0; m < M; ++m) {
            const FourTiles four = load_tiles(rows + b * board + m * kTileRows * kPlaneChannels);
            const TileA left{{four.reg[0], four.reg[1], four.reg[2], four.reg[3]}};
#pragma unroll
            for (int j = 0; j < kTiles; ++j) multiply_tiles(sums[b][m][j], left, right.tile[j]);
          }
        }
        rows += 2 * tile.cells() * kPlaneChannels;
      }
    }
  }
}

}  // namespace boxwarp
