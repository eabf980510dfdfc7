// conv_lstm_backward.cu with the transposed convolution by warpgroups: wgmma, of compute capability 9.0 alone, for networks
// of two layers and more. What is read and left, and where, is the same.
//
// Rows of the sums are channels of p and h, 64 for a warpgroup, from weights in registers; columns are the cells of a board.
// Per board and layer of a tick of DRC(3,3): 72 products of 64 x 112 x 16.
#include "kernels/net/conv_lstm_back.cuh"

namespace boxwarp::DEVICE {

namespace {

template <int M, int kBoards>
__global__ void __launch_bounds__(kMostBackThreads, 1) grad_conv_lstm_wgmma_kernel(const __grid_constant__ UnrollBack work) {
  if constexpr (kWarpgroupsHere) unroll_back<WgmmaBackProducts<M, kBoards>>(work);  // DeviceLimits::warpgroups
}

}  // namespace

void conv_lstm_backward_wgmma(Executor& executor, const Geometry& geometry, const UnrollBack& work, int boards_each) {
  const auto run = [&](auto kernel) { launch(executor, "grad_conv_lstm_wgmma", kernel, geometry, work); };
  if (work.shape.m_tiles == 4)
    run(grad_conv_lstm_wgmma_kernel<4, 1>);
  else
    boards_each == 2 ? run(grad_conv_lstm_wgmma_kernel<7, 2>) : run(grad_conv_lstm_wgmma_kernel<7, 1>);
}

}  // namespace boxwarp::DEVICE
