// The ConvLSTM unroll in reverse, in one launch: for each step, tick and layer the gradients of the gates, of the pooled
// part and, through the transposed convolution, of p and the own h.
//
//   grad_gates = cell_gradient(...)                                  (gates.hpp), rounded to bf16
//   grad_x[cell] = sum over taps of grad_gates[cell - tap] W[tap]^T  x = (p, h); 9 * 4C operands deep
//   grad_h += what grad_q hands to the cells                         (injected_back.cuh)
//
// Block = one board or two, C / 8 warps; a warp owns eight channels of each: their four gates, and their columns of grad_p
// and grad_h, so that a thread finds in its registers what it needs for its cells, and gradients of states pass through L2
// in the order of fragments. p is h of the layer that is next on the way back, so grad_p stays in registers until then. Two
// boards read the weights once: there are enough boards then to fill the device, and weights are most of what comes from L2.
//
// FLOP of a board and layer of a tick of DRC(3,3): 14.7 M, 4144 tensor instructions of which 112 are for the classes. Bytes:
// gates 28 KB, states 21 KB and gradients of states 28 KB read, 28 KB of gates and of gradients of states each written;
// weights of 221 KB from L2 for the block.
#include "kernels/net/conv_lstm_back.cuh"

namespace boxwarp::DEVICE {

namespace {

template <int M, int kTiles, int kBoards>
__global__ void __launch_bounds__(kMostBackThreads, 1) grad_conv_lstm_kernel(const __grid_constant__ UnrollBack work) {
  unroll_back<MmaBackProducts<M, kTiles, kBoards>>(work);
}

}  // namespace

void conv_lstm_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const Stretch& stretch,
                        const std::uint8_t* episode_starts, const FusedActivations& kept, const BackwardScratch& scratch,
                        float* grad_h_start, float* grad_c_start) {
  const UnrollBack work{
      shape,   weights.recurrent_back, weights.injected_back, weights.project, kept, scratch, episode_starts,
      stretch, grad_h_start,           grad_c_start};
  const DeviceLimits limits = device_limits(executor);
  const BackBlock block{shape};
  const int each = block.boards(stretch.boards, limits.multiprocessors, limits.shared_bytes);
  const Geometry geometry{.blocks = static_cast<unsigned>((stretch.boards + each - 1) / each),
                          .threads = static_cast<unsigned>(block.threads()),
                          .shared_bytes = block.bytes(each)};
  if (shape.warpgroups_back()) return conv_lstm_backward_wgmma(executor, geometry, work, each);
  const auto run = [&](auto kernel) { launch(executor, "grad_conv_lstm", kernel, geometry, work); };
  const bool one_layer = shape.layers == 1;
  if (shape.m_tiles == 4)
    one_layer ? run(grad_conv_lstm_kernel<4, 1, 1>) : run(grad_conv_lstm_kernel<4, 2, 1>);
  else if (each == 2)
    run(grad_conv_lstm_kernel<7, 2, 2>);
  else
    one_layer ? run(grad_conv_lstm_kernel<7, 1, 1>) : run(grad_conv_lstm_kernel<7, 2, 1>);
}

}  // namespace boxwarp::DEVICE
