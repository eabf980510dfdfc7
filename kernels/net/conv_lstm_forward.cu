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
// computed. Pooling: conv_lstm_pool.cuh; one layer of one tick: conv_lstm_tick.cuh; mma.sync and wgmma:
// conv_lstm_products.cuh.
//
// Per board and layer of a tick, C = 32 on 10x10: 4,320 mma, 4,032 of them for p and h; 5 special functions for each cell
// and channel. Bytes from L2: 221 KB of weights for the whole block; for each board 29 KB of input part and 29 KB of c.
#include "kernels/net/conv_lstm_unroll.cuh"
#include "kernels/net/fused_ops.cuh"

namespace boxwarp::DEVICE {

namespace {

template <int M>
__global__ void __launch_bounds__(kForwardWarps* kWarpLanes, 1)
    conv_lstm_forward_kernel(const __grid_constant__ Unrolling work, int boards_each) {
  unroll_boards<MmaProducts<M>>(work, boards_each);
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
  if (shape.warpgroups) return conv_lstm_forward_wgmma(executor, geometry, work, each);
  constexpr auto few = conv_lstm_forward_kernel<kMTiles[0]>, many = conv_lstm_forward_kernel<kMTiles[1]>;
  launch(executor, "conv_lstm_forward", shape.m_tiles == kMTiles[0] ? few : many, geometry, work, each);
}

}  // namespace boxwarp::DEVICE
