// grad_recurrent_weights of weight_gradient.cu by warpgroups: wgmma, of compute capability 9.0 alone. Sums, their order and
// where they go are the same.
//
// A warpgroup has 64 inputs, 64 columns and three taps; for each 16 cells of an item 4 KB come from shared memory for a
// product of 64 x 64 x 16.
#include "kernels/net/weight_gradient.cuh"

namespace boxwarp::DEVICE {

namespace {

__global__ void __launch_bounds__(WeightBlocks::kMostWarps* kWarpLanes, 1)
    grad_recurrent_weights_wgmma_kernel(const __grid_constant__ WeightGradient work) {
  if constexpr (kWarpgroupsHere)  // DeviceLimits::warpgroups
    sum_weights<Of::recurrent, kWeightTaps, kWeightColumns / kPlaneChannels, WgmmaWeightSums>(work);
}

}  // namespace

void recurrent_weight_gradient_wgmma(Executor& executor, const Geometry& geometry, const WeightGradient& work) {
  launch(executor, "grad_recurrent_weights_wgmma", grad_recurrent_weights_wgmma_kernel, geometry, work);
}

}  // namespace boxwarp::DEVICE
