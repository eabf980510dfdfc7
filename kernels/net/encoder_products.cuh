// The convolution of the second encoder layer, or its transpose, of one image: a warp has 16 channels of some m-tiles.
#pragma once

#include "kernels/collective.cuh"
#include "kernels/net/fused_memory.hpp"

namespace boxwarp {

inline constexpr int kEncoderGroup = 4;  // m-tiles that are summed at a time

enum class Taps { forward, back };  // back: the cells that a cell reaches, not those that it reads

// Which channels and m-tiles a warp of the image has: of C / 8 warps each two have the same channels.
struct EncoderPart {
  int pair;   // of n-tiles
  int begin;  // the first m-tile of its first group; the next group is kEncoderStep further

  __device__ EncoderPart(int channels, int warp)
      : pair(warp % (channels / kTileDepth)), begin(warp / (channels / kTileDepth) * kEncoderGroup) {}
};
inline constexpr int kEncoderStep = 2 * kEncoderGroup;

// sums[i] += rows of m-tile begin + i times the weights, in pair_order. before: the margin of the layer's forward tile.
template <Taps kTaps>
__device__ inline void encoder_products(const FusedShape& shape, const CellTile& tile, int before, const Bf16* image,
                                        const Bf16* weights, int pair, int lane, int begin,
                                        TileC (&sums)[kEncoderGroup][2]) {
  constexpr int kWeightsAhead = 4;  // operands under way
  const RightOrder order = pair_order(shape);
  const int depth = shape.channels / kTileDepth, all = shape.encoder_taps() * depth;
  const Bf16* start = image + tile.at(left_channel(lane), tile.origin() + begin * kTileRows + left_cell(lane));
  const auto load = [&](int k_tile) {
    return reinterpret_cast<const uint4*>(weights + k_tile * order.tile_elements() + pair * order.warp_elements())[lane];
  };
  int part = 0, x = 0, offset = -before * (tile.pitch() + 1);  // of a tap's depth; the tap's column; the cell that it reads
  uint4 ring[kWeightsAhead];
#pragma unroll
  for (int i = 0; i < kWeightsAhead; ++i) ring[i] = load(i < all ? i : 0);
#pragma unroll 1
  for (int first = 0; first < all; first += kWeightsAhead) {
#pragma unroll
    for (int i = 0; i < kWeightsAhead; ++i) {
      const int next = first + i + kWeightsAhead;
      if (first + i >= all) break;
      const TileB right[2] = {{{ring[i].x, ring[i].y}}, {{ring[i].z, ring[i].w}}};
      if (next < all) ring[i] = load(next);
      const Bf16* rows = start + (part * 2 * tile.cells() + (kTaps == Taps::forward ? offset : -offset)) * kPlaneChannels;
#pragma unroll
      for (int m = 0; m < kEncoderGroup; ++m) {
        if (begin + m >= tile.m_tiles) break;
        const FourTiles four = load_tiles(rows + m * kTileRows * kPlaneChannels);
        const TileA left{{four.reg[0], four.reg[1], four.reg[2], four.reg[3]}};
#pragma unroll
        for (int j = 0; j < 2; ++j) multiply_tiles(sums[m][j], left, right[j]);
      }
      if (++part < depth) continue;
      part = 0;
      ++offset;
      if (++x < shape.encoder_kernel) continue;
      x = 0;
      offset += tile.pitch() - shape.encoder_kernel;
    }
  }
}

}  // namespace boxwarp
