// Gradients of convolution weights over all steps, ticks and boards:
//
//   grad_W[tap, x, column] = sum over items and cells of in[x, cell + tap] * grad_out[column, cell]
//
// A product whose depth is the cells: both operands lie with the cell as the row of 16 bytes, so ldmatrix turns them. Block
// = (layer, group of columns, taps that its warps have room for, slice of the items); a warp has 16 inputs and some tiles of
// columns for a few taps, so that a fragment of grad_out serves each tap. Items arrive in two stages of shared memory. Each
// slice is summed in the order of its items and written out; whoever needs the gradient adds the slices in their order.
//
// DRC(3,3), recurrent: 14.7 MFLOP of an item and layer; two blocks read 32 KB each, half of the gates and all of h and p.
#include "kernels/net/weight_gradient.cuh"

namespace boxwarp::DEVICE {

namespace {

template <Of kOf, int kTaps, int kTiles>
__global__ void __launch_bounds__(WeightBlocks::kMostWarps* kWarpLanes, 1)
    grad_weights_kernel(const __grid_constant__ WeightGradient work) {
  sum_weights<kOf, kTaps, kTiles, MmaWeightSums>(work);
}

template <Of kOf, int kTaps, int kTiles>
void run(Executor& executor, const char* name, const WeightGradient& work, int layers, int inputs, int columns, int taps,
         const CellTile& tile) {
  constexpr int kColumns = kTiles * kPlaneChannels;
  const WeightBlocks blocks(inputs, columns, taps, kTaps, kColumns);
  const Geometry geometry{.blocks = static_cast<unsigned>(layers * blocks.tap_blocks * blocks.column_blocks * work.slices),
                          .threads = static_cast<unsigned>(blocks.warps()) * kWarpLanes,
                          .shared_bytes = weight_operand_bytes(tile, inputs, kColumns)};
  if (kOf == Of::recurrent && work.shape.warpgroup_weights())
    return recurrent_weight_gradient_wgmma(executor, geometry, work);
  launch(executor, name, grad_weights_kernel<kOf, kTaps, kTiles>, geometry, work);
}

template <Of kOf>
void run_layers(Executor& executor, const char* name, const FusedShape& shape, const WeightGradient& work, int inputs) {
  run<kOf, kWeightTaps, kWeightColumns / kPlaneChannels>(executor, name, work, shape.layers, inputs, shape.gates(),
                                                         kTapCount, shape.state());
}

}  // namespace

void recurrent_weight_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch,
                               const FusedActivations& kept, const BackwardScratch& scratch) {
  const int slices = recurrent_slices(shape, stretch, device_limits(executor).multiprocessors);
  run_layers<Of::recurrent>(executor, "grad_recurrent_weights", shape,
                            {shape, kept, nullptr, stretch.boards, stretch.images() * shape.ticks, slices, stretch.adds,
                             most_slices(shape, shape.inputs()), scratch.recurrent},
                            shape.inputs());
}

void input_weight_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch, const FusedActivations& kept,
                           const BackwardScratch& scratch) {
  const int slices = input_slices(shape, stretch, device_limits(executor).multiprocessors);
  run_layers<Of::input>(executor, "grad_input_weights", shape,
                        {shape, kept, nullptr, stretch.boards, stretch.images(), slices, stretch.adds,
                         most_slices(shape, shape.channels), scratch.input},
                        shape.channels);
}

void encoder_weight_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch,
                             const FusedActivations& kept, const BackwardScratch& scratch) {
  run<Of::encoder, 4, 2>(executor, "grad_encoder_weights",
                         {shape, kept, scratch.grad_skip, stretch.boards, stretch.images(), encoder_slices(stretch),
                          stretch.adds, kEncoderSlices, scratch.encoder},
                         1, shape.channels, shape.channels, shape.encoder_taps(), shape.encoder());
}

}  // namespace boxwarp::DEVICE
