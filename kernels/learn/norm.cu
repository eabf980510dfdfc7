// The L2 norm of a long array, in double: sums of pieces, then the sum of those, each in a fixed order. Bytes per
// element: 4.
#include "kernels/learn/device_ops.cuh"

namespace boxwarp::DEVICE {

namespace {

struct NormTile {
  BlockSum<double> sum;
};

__global__ void __launch_bounds__(kLearnThreads) norm_pieces_kernel(const float* x, std::size_t count, double* pieces) {
  NormTile& tile = shared<NormTile>();
  double mine = 0;
  for (std::size_t i = thread_of_grid(); i < count; i += std::size_t{gridDim.x} * kLearnThreads) {
    const double value = x[i];
    mine += value * value;
  }
  const double sum = block_sum(mine, tile.sum);
  if (threadIdx.x == 0) pieces[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(kLearnThreads) norm_kernel(const double* pieces, unsigned count, double* norm) {
  const double sum = sum_of_pieces(pieces, count, shared<NormTile>().sum);
  if (threadIdx.x == 0) *norm = sqrt(sum);
}

}  // namespace

void norm(Executor& executor, const float* x, std::size_t count, double* norm, void* workspace) {
  auto* pieces = static_cast<double*>(workspace);
  const Geometry geometry = piece_geometry(count, sizeof(NormTile));
  if (count != 0) launch(executor, "norm_pieces", norm_pieces_kernel, geometry, x, count, pieces);
  launch(executor, "norm", norm_kernel, {1, kLearnThreads, sizeof(NormTile)}, pieces, geometry.blocks, norm);
}

}  // namespace boxwarp::DEVICE
