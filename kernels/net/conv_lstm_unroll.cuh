// What a block of conv_lstm_forward does (conv_lstm_forward.cu).
#pragma once

#include "kernels/net/conv_lstm_tick.cuh"

namespace boxwarp::DEVICE {

// Products: of conv_lstm_products.cuh.
template <class Products>
__device__ inline void unroll_boards(const Unrolling& work, int boards_each) {
  const FusedShape& shape = work.shape;
  const CellTile cells = shape.state();
  for (int row = static_cast<int>(threadIdx.x); row < cells.rows(); row += static_cast<int>(blockDim.x))
    rows_of(work.tile)[row] = row_of(cells, row);
  const int number = static_cast<int>(threadIdx.x / kWarpLanes);
  // From a shuffle the compiler knows that all lanes of a warp have the same, and go the same ways.
  const int warp = Products::kByWarpgroup ? __shfl_sync(kWholeWarp, number, 0) : number, slot = warp / shape.warps();
  const Worker me{.asked = static_cast<int>(blockIdx.x) * boards_each + slot,
                  .warp = warp % shape.warps(),
                  .lane = static_cast<int>(threadIdx.x % kWarpLanes),
                  .memory = work.tile.boards + slot * work.tile.board_bytes};
  StreamFor<Products> stream(work, slot == 0);
  __syncthreads();  // rows

  begin_unroll<Products>(work, me);
  for (int i = 0; i < slot * work.tile.lag; ++i) stream.pass();
  for (int t = 0; t < work.unroll.steps; ++t) {
    begin_step<Products>(work, me, t);
    for (int k = 0; k < shape.ticks; ++k) {
      for (int d = 0; d < shape.layers; ++d) tick<Products>(work, me, t, k, d, stream);
    }
  }
  for (int i = 0; i < (boards_each - 1 - slot) * work.tile.lag; ++i) stream.pass();
  end_unroll<Products>(work, me);
}

// With products by warpgroups (conv_lstm_forward_wgmma.cu).
void conv_lstm_forward_wgmma(Executor& executor, const Geometry& geometry, const Unrolling& work, int boards_each);

}  // namespace boxwarp::DEVICE
