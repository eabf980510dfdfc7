// A warp's share of a product: 16 x M rows of a board's tile times its n-tiles of packed weights.
#pragma once

#include "kernels/collective.cuh"
#include "kernels/net/tiles.hpp"

namespace boxwarp {

// The registers of one k-tile of a warp's weights for all four gates. Two loads of 16 bytes, from wherever `weights` points.
struct GateOperand {
  uint4 gates[2];  // i and j, f and o

  __device__ TileB tile(int gate) const {
    const uint4& two = gates[gate / 2];
    return gate % 2 == 0 ? TileB{{two.x, two.y}} : TileB{{two.z, two.w}};
  }
};

// k_tile: that k-tile of the weights in order `gate_order`.
__device__ inline GateOperand load_gate_operand(const Bf16* k_tile, int warp, int lane) {
  const auto* from = reinterpret_cast<const uint4*>(k_tile + warp * RightOrder{0, kGateCount}.warp_elements()) + lane;
  return {{from[0], from[32]}};
}

// x, of which the compiler forgets where it came from.
__device__ inline int forgotten(int x) {
#if defined(__CUDACC__)
  asm volatile("" : "+r"(x));
#endif
  return x;
}

// Sums of a warp: rows of M m-tiles, eight channels of each gate.
template <int M>
struct GateSums {
  TileC sum[M][kGateCount];
};

// rows: where this lane's row of the first m-tile's left operand lies (lane_start), shifted by the tap.
template <int M>
__device__ inline void add_products(GateSums<M>& sums, const Bf16* rows, const GateOperand& weights) {
#pragma unroll
  for (int m = 0; m < M; ++m) {
    const FourTiles left = load_tiles(rows + m * kTileRows * kPlaneChannels);
    const TileA a{{left.reg[0], left.reg[1], left.reg[2], left.reg[3]}};
#pragma unroll
    for (int gate = 0; gate < kGateCount; ++gate) multiply_tiles(sums.sum[m][gate], a, weights.tile(gate));
  }
}

// Of the row that a lane brings for the first m-tile and the first 16 channels: tap and further channels are added to it.
__device__ inline int lane_start(const CellTile& tile, int lane) {
  return tile.at(left_channel(lane), tile.origin() + left_cell(lane));
}

// The same number of bytes as in `words` made zero by the threads of a board, 16 bytes aligned.
__device__ inline void clear(Bf16* elements, int count, int thread, int threads) {
  auto* const quads = reinterpret_cast<uint4*>(elements);
  for (int i = thread; i < count / 8; i += threads) quads[i] = uint4{0, 0, 0, 0};
}

__device__ inline float first_of(Bf16x2 two) { return __uint_as_float(two << 16); }
__device__ inline float second_of(Bf16x2 two) { return __uint_as_float(two & 0xffff0000u); }

}  // namespace boxwarp
