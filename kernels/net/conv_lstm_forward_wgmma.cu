// conv_lstm_forward.cu with the products of p and h by warpgroups: wgmma, of compute capability 9.0 alone. What is kept, and
// where, is the same.
//
// Per board and layer of a tick, C = 32 on 10x10: 72 products of 64 x 112 x 16; both operands come from shared memory, 5.5
// KB for each, where mma.sync reads 9 KB for as much.
#include "kernels/net/conv_lstm_unroll.cuh"

namespace boxwarp::DEVICE {

namespace {

template <int M>
__global__ void __launch_bounds__(kForwardWarps* kWarpLanes, 1)
    conv_lstm_forward_wgmma_kernel(const __grid_constant__ Unrolling work, int boards_each) {
  if constexpr (kWarpgroupsHere) unroll_boards<WgmmaProducts<M>>(work, boards_each);  // DeviceLimits::warpgroups
}

}  // namespace

void conv_lstm_forward_wgmma(Executor& executor, const Geometry& geometry, const Unrolling& work, int boards_each) {
  constexpr auto few = conv_lstm_forward_wgmma_kernel<kMTiles[0]>, many = conv_lstm_forward_wgmma_kernel<kMTiles[1]>;
  launch(executor, "conv_lstm_forward_wgmma", work.shape.m_tiles == kMTiles[0] ? few : many, geometry, work, boards_each);
}

}  // namespace boxwarp::DEVICE
