// Mean 0 and standard deviation 1, in place: x := (x - mean) / (deviation + 1e-8), ddof 1. Three passes over x, in double;
// each block adds up all partial sums for itself, in the same order. Bytes per element: 16.
#include "kernels/learn/device_ops.cuh"

namespace boxwarp::DEVICE {

namespace {

struct NormaliseTile {
  BlockSum<double> sum;
};

// sums, square_sums: one for each block, of x and of (x - mean)^2.
struct Moments {
  double* sums;
  double* square_sums;
};

__global__ void __launch_bounds__(kLearnThreads)
    normalise_sum_kernel(const float* x, std::size_t count, const __grid_constant__ Moments moments) {
  NormaliseTile& tile = shared<NormaliseTile>();
  double mine = 0;
  for (std::size_t i = thread_of_grid(); i < count; i += std::size_t{gridDim.x} * kLearnThreads) mine += x[i];
  const double sum = block_sum(mine, tile.sum);
  if (threadIdx.x == 0) moments.sums[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(kLearnThreads)
    normalise_square_kernel(const float* x, std::size_t count, const __grid_constant__ Moments moments) {
  NormaliseTile& tile = shared<NormaliseTile>();
  const double mean = sum_of_pieces(moments.sums, gridDim.x, tile.sum) / static_cast<double>(count);
  double mine = 0;
  for (std::size_t i = thread_of_grid(); i < count; i += std::size_t{gridDim.x} * kLearnThreads)
    mine += (x[i] - mean) * (x[i] - mean);
  const double sum = block_sum(mine, tile.sum);
  if (threadIdx.x == 0) moments.square_sums[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(kLearnThreads)
    normalise_kernel(float* x, std::size_t count, const __grid_constant__ Moments moments) {
  NormaliseTile& tile = shared<NormaliseTile>();
  const double mean = sum_of_pieces(moments.sums, gridDim.x, tile.sum) / static_cast<double>(count);
  const double variance = sum_of_pieces(moments.square_sums, gridDim.x, tile.sum) / static_cast<double>(count - 1);
  const double deviation = sqrt(variance);
  for (std::size_t i = thread_of_grid(); i < count; i += std::size_t{gridDim.x} * kLearnThreads)
    x[i] = static_cast<float>((x[i] - mean) / (deviation + 1e-8));
}

}  // namespace

void normalise(Executor& executor, std::size_t count, float* x, void* workspace) {
  if (count < 2) return;
  const Moments moments{static_cast<double*>(workspace), static_cast<double*>(workspace) + kPieces};
  const Geometry geometry = piece_geometry(count, sizeof(NormaliseTile));
  launch(executor, "normalise_sum", normalise_sum_kernel, geometry, x, count, moments);
  launch(executor, "normalise_square", normalise_square_kernel, geometry, x, count, moments);
  launch(executor, "normalise", normalise_kernel, geometry, x, count, moments);
}

}  // namespace boxwarp::DEVICE
