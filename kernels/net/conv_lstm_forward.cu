// A whole unroll of the ConvLSTM in one launch: T steps of K ticks of D layers, the boards independent of one another.
//
//   q = P0 max(h) + P1 mean(h)                               over the board, per channel
//   gates = input[d] + conv3x3([p, h, q]) + constant         p: h of the layer below; for the first layer, of the last one
//   c' = f c + i j,  h' = o tanh(c')                         (gates.hpp; Taufeeque et al. 2024, arXiv 2407.15421)
//
// Block = a few boards, C / 8 warps for each; a warp has eight channels with all four gates of every cell, so that what
// follows the product stays inside of a thread. h lives in shared memory as tiles (tiles.hpp), c in float32 passes through
// L2, and weights stream through a ring in shared memory that all boards of the block read: one product after another takes
// them in the same order, so the next layer's first ones arrive while this one's gates are computed (weight_stream.cuh).
// Each board lags some stages behind the one before it, so that tensor cores have another's products while gates are
// computed. Pooling: conv_lstm_pool.cuh; one layer of one tick: conv_lstm_tick.cuh.
//
// Per board and layer of a tick, C = 32 on 10x10: 4,320 mma, 4,032 of them for p and h; 5 special functions for each cell
// and channel. Bytes from L2: 221 KB of weights for the whole block; for each board 29 KB of input part and 29 KB of c.
#include "kernels/net/conv_lstm_tick.cuh"
#include "kernels/net/conv_lstm_tile.hpp"
#include "kernels/net/fused_ops.cuh"

namespace boxwarp::DEVICE {

namespace {

template <int M>
__global__ void __launch_bounds__(kForwardWarps* kWarpLanes, 1)
    conv_lstm_forward_kernel(const __grid_constant__ Unrolling work, int boards_each) {
  const FusedShape& shape = work.shape;
  const CellTile cells = shape.state();
  for (int row = static_cast<int>(threadIdx.x); row < cells.rows(); row += static_cast<int>(blockDim.x))
    rows_of(work.tile)[row] = row_of(cells, row);
  const int warp = static_cast<int>(threadIdx.x / kWarpLanes), slot = warp / shape.warps();
  const Worker me{.asked = static_cast<int>(blockIdx.x) * boards_each + slot,
                  .warp = warp % shape.warps(),
                  .lane = static_cast<int>(threadIdx.x % kWarpLanes),
                  .memory = work.tile.boards + slot * work.tile.board_bytes};
  Stream stream(work, slot == 0);
  __syncthreads();  // rows

  begin_unroll<M>(work, me);
  for (int i = 0; i < slot * work.tile.lag; ++i) stream.pass();
  for (int t = 0; t < work.unroll.steps; ++t) {
    begin_step<M>(work, me, t);
    for (int k = 0; k < shape.ticks; ++k) {
      for (int d = 0; d < shape.layers; ++d) tick<M>(work, me, t, k, d, stream);
    }
  }
  for (int i = 0; i < (boards_each - 1 - slot) * work.tile.lag; ++i) stream.pass();
  end_unroll<M>(work, me);
}

}  // namespace

bool conv_lstm_fits(const FusedShape& shape) { return conv_lstm_block(shape, 1, 1, kLeastSharedBytes).boards > 0; }

void conv_lstm_forward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const UnrollView& unroll,
                       const FusedScratch& scratch, const FusedActivations& activations) {
  const DeviceLimits limits = device_limits(executor);
  const auto [each, tile] = conv_lstm_block(shape, unroll.boards, limits.multiprocessors, limits.shared_bytes);
  const Geometry geometry{.blocks = static_cast<unsigned>((unroll.boards + each - 1) / each),
                          .threads = static_cast<unsigned>(each * shape.warps()) * kWarpLanes,
                          .shared_bytes = static_cast<std::size_t>(tile.bytes(each))};
  const Unrolling work{.shape = shape,
                       .tile = tile,
                       .unroll = unroll,
                       .kept = activations,
                       .weights = weights.recurrent,
                       .constant = weights.constant,
                       .project = weights.project,
                       .input = scratch.input,
                       .state = scratch.state,
                       .stages = unroll.steps * shape.ticks * tile.all_stages};
  constexpr auto few = conv_lstm_forward_kernel<kMTiles[0]>, many = conv_lstm_forward_kernel<kMTiles[1]>;
  launch(executor, "conv_lstm_forward", shape.m_tiles == kMTiles[0] ? few : many, geometry, work, each);
}

}  // namespace boxwarp::DEVICE
