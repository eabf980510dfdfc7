// The two ways in which the warps of a block compute what reaches p and the own h of its boards, for conv_lstm_backward, and
// which values a lane gets from them: eight channels of a warp, of all cells; a lane has four values of each m-tile, of
// whose kept pairs `turn` makes the lane's own, and the other way round.
//
//   MmaBackProducts    mma.sync; two cells of two channels: the order in which everything is kept
//   WgmmaBackProducts  wgmma, weights in registers; four cells of one channel
#pragma once

#include "kernels/net/injected_back.cuh"
#include "kernels/net/transposed.cuh"
#include "kernels/warpgroup.cuh"

namespace boxwarp::DEVICE {

// kTiles: 2, or 1 where p is the own h.
template <int M, int kTiles, int kBoards>
class MmaBackProducts {
 public:
  static constexpr int kCountOfMTiles = M, kCountOfBoards = kBoards;
  static constexpr bool kByWarpgroup = false;

  __device__ void multiply(int warp, int lane, const CellTile& tile, int C, const RightOrder& order, const Bf16* weights,
                           const Bf16* grad_gates) {
    transposed(warp, lane, tile, C, order, weights, grad_gates, sums_);
  }

  __device__ float4 own(int board, int m) const { return four(sums_[board][m][kTiles - 1]); }
  __device__ float4 below(int board, int m) const { return kTiles == 2 ? four(sums_[board][m][0]) : float4{0, 0, 0, 0}; }

  __device__ static Bf16x2 turn(Bf16x2 two) { return two; }
  // What the pooling hands to the lane's channels, from that of two channels for which it was computed.
  __device__ static PoolGradient of_lane(int, const PoolGradient& pool) { return pool; }

 private:
  __device__ static float4 four(const TileC& sum) { return {sum.x[0], sum.x[1], sum.x[2], sum.x[3]}; }

  TileC sums_[kBoards][M][kTiles] = {};
};

template <int M, int kBoards>
class WgmmaBackProducts {
 public:
  static constexpr int kCountOfMTiles = M, kCountOfBoards = kBoards;
  static constexpr bool kByWarpgroup = true;

  // Two batches of k-tiles take turns: the weights of one come while products with the other go on.
  __device__ void multiply(int warp, int lane, const CellTile& tile, int C, const RightOrder& order, const Bf16* weights,
                           const Bf16* grad_gates) {
    const int batches = kTapCount * kGateCount * C / kTileDepth / kBatch;
    const Bf16* from = weights + warp * order.warp_elements();
    const auto load = [&](int batch, BackOperand<2>(&to)[kBatch]) {
      if (batch >= batches) return;
#pragma unroll
      for (int i = 0; i < kBatch; ++i)
        to[i] = load_back_operand<2>(from + (batch * kBatch + i) * order.tile_elements(), lane);
    };
    BackOperand<2> even[kBatch], odd[kBatch];
    load(0, even);
    load(1, odd);
#pragma unroll 1
    for (int batch = 0; batch < batches; batch += 2) {
      add(tile, C, batch, even, grad_gates);
      add(tile, C, batch + 1, odd, grad_gates);
      wait_for_products<1>();
      load(batch + 2, even);
      wait_for_products<0>();
      load(batch + 3, odd);
    }
#pragma unroll
    for (int b = 0; b < kBoards; ++b) touch(sums_[b]);
  }

  __device__ float4 own(int board, int m) const { return four(board, m, 1); }
  __device__ float4 below(int board, int m) const { return four(board, m, 0); }

  __device__ static Bf16x2 turn(Bf16x2 two) { return turned(two); }
  __device__ static PoolGradient of_lane(int lane, const PoolGradient& pool) {
    const auto mine = [lane](float2 two) {
      const int quad = lane / 4;
      const float first = __shfl_sync(kWholeWarp, two.x, quad / 2), second = __shfl_sync(kWholeWarp, two.y, quad / 2);
      const float one = quad % 2 == 0 ? first : second;
      return float2{one, one};
    };
    return {mine(pool.maximum), mine(pool.to_maximum), mine(pool.to_all)};
  }

 private:
  static constexpr int kBatch = kAhead / kBoards;  // k-tiles: as many products, whatever the boards

  // The products with a batch of k-tiles, which are of one tap.
  __device__ void add(const CellTile& tile, int C, int batch, const BackOperand<2> (&weights)[kBatch],
                      const Bf16* grad_gates) {
    constexpr int kPieceBytes = kPlaneChannels * 2;
    const int each = kGateCount * C / kTileDepth / kBatch, board = tile.elements(kGateCount * C);
    const Bf16* rows =
        grad_gates + (batch % each * kBatch * 2 * tile.cells() + tile.origin() - tile.offset(batch / each)) * kPlaneChannels;
    open_products();
#pragma unroll
    for (int i = 0; i < kBatch; ++i, rows += 2 * tile.cells() * kPlaneChannels) {
      const auto& [p, h] = weights[i].tile;
      const TileA left{{p.reg[0], h.reg[0], p.reg[1], h.reg[1]}};
#pragma unroll
      for (int b = 0; b < kBoards; ++b)
        multiply_later(sums_[b], left, operand_at(rows + b * board, kEightPieces, tile.cells() * kPieceBytes));
    }
    close_products();
  }

  // which: 0 p, 1 the own h.
  __device__ float4 four(int board, int m, int which) const {
    const float* of = sums_[board].x + 8 * m + 2 * which;
    return {of[0], of[1], of[4], of[5]};
  }

  WarpgroupSums<kTileRows * M> sums_[kBoards] = {};
};

}  // namespace boxwarp::DEVICE
