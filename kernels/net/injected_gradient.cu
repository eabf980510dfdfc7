// Gradients of what q, bias and fence add to the gates in each spatial class:
//
//   grad_injected[c, class, g] = sum over ticks and boards of q[c] * class_sums[class, g]
//   grad_constant[class, g]    = sum over ticks and boards of class_sums[class, g]
//
// Warp = 16 columns (class, g) of one layer for all C rows and one slice of ticks and boards, which are the depth. Operands
// come straight from memory in the order of fragments: every element is wanted by one warp, once. The sums stay in float for
// the constants, and are rounded to bf16 as operands.
#include "kernels/net/backward_ops.cuh"

namespace boxwarp::DEVICE {

namespace {

constexpr unsigned kThreads = 128;
constexpr int kMostRowTiles = 4;  // of 16 channels: C = 64
constexpr int kColumnTiles = 2;   // of a warp

struct InjectedGradient {
  FusedShape shape;
  const float* pooled;       // as FusedActivations
  const float* class_sums;   // as BackwardScratch
  int boards, rows, slices;  // rows = steps * K * B
  bool adds;
  float* injected;
  float* constant;
};

__global__ void __launch_bounds__(kThreads, 4) grad_injected_kernel(const __grid_constant__ InjectedGradient work) {
  const FusedShape& shape = work.shape;
  const int C = shape.channels, columns = kClassCount * shape.gates(), groups = columns / (kColumnTiles * kPlaneChannels);
  const int lane = static_cast<int>(threadIdx.x % kWarpLanes), quad = lane / 4, pair = lane % 4 * 2;
  int warp = static_cast<int>(blockIdx.x * (kThreads / kWarpLanes) + threadIdx.x / kWarpLanes);
  const int first_column = warp % groups * kColumnTiles * kPlaneChannels;
  warp /= groups;
  const int slice = warp % work.slices, d = warp / work.slices;
  if (d >= shape.layers) return;
  const int tiles = (work.rows + kTileDepth - 1) / kTileDepth;
  const int begin = static_cast<int>(std::int64_t{tiles} * slice / work.slices);
  const int end = static_cast<int>(std::int64_t{tiles} * (slice + 1) / work.slices);
  // Row n * B + b of this layer among all layers' rows.
  const auto place = [&](int row) {
    return static_cast<std::size_t>((row / work.boards * shape.layers + d) * work.boards + row % work.boards);
  };
  TileC sums[kMostRowTiles][kColumnTiles] = {};
  float constant[kColumnTiles] = {};
  for (int tile = begin; tile < end; ++tile) {
    float right[kColumnTiles][4];
    Bf16x2 left[kMostRowTiles][4] = {};
#pragma unroll
    for (int i = 0; i < 4; i += 2) {  // depths pair + i * 4 and the next
      const int row = tile * kTileDepth + pair + i * 4;
      const bool here[2] = {row < work.rows, row + 1 < work.rows};
      const std::size_t at[2] = {here[0] ? place(row) : 0, here[1] ? place(row + 1) : 0};
#pragma unroll
      for (int j = 0; j < kColumnTiles; ++j) {
#pragma unroll
        for (int next = 0; next < 2; ++next)
          right[j][i + next] = here[next]
                                   ? work.class_sums[at[next] * static_cast<std::size_t>(columns) +
                                                     static_cast<std::size_t>(first_column + j * kPlaneChannels + quad)]
                                   : 0.0f;
        constant[j] += right[j][i] + right[j][i + 1];
      }
#pragma unroll
      for (int m = 0; m < kMostRowTiles; ++m) {
        if (m * kTileRows >= C) break;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          const auto q = [&](int next) {
            const int channel = 2 * C + m * kTileRows + half * 8 + quad;
            return here[next] ? work.pooled[at[next] * static_cast<std::size_t>(3 * C) + static_cast<std::size_t>(channel)]
                              : 0.0f;
          };
          left[m][i + half] = pack(q(0), q(1));
        }
      }
    }
#pragma unroll
    for (int m = 0; m < kMostRowTiles; ++m) {
      if (m * kTileRows >= C) break;
#pragma unroll
      for (int j = 0; j < kColumnTiles; ++j)
        multiply_tiles(sums[m][j], {{left[m][0], left[m][1], left[m][2], left[m][3]}},
                       {{pack(right[j][0], right[j][1]), pack(right[j][2], right[j][3])}});
    }
  }

  const auto part = static_cast<std::size_t>(d * kInjectedSlices + slice);
#pragma unroll
  for (int j = 0; j < kColumnTiles; ++j) {
    float sum = constant[j];
    sum += __shfl_xor_sync(kWholeWarp, sum, 1);
    sum += __shfl_xor_sync(kWholeWarp, sum, 2);
    if (pair == 0) {
      float& all = work.constant[part * static_cast<std::size_t>(columns) +
                                 static_cast<std::size_t>(first_column + j * kPlaneChannels + quad)];
      all = work.adds ? all + sum : sum;
    }
#pragma unroll
    for (int m = 0; m < kMostRowTiles; ++m) {
      if (m * kTileRows >= C) break;
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const std::size_t row =
            part * static_cast<std::size_t>(C) + static_cast<std::size_t>(m * kTileRows + half * 8 + quad);
        float2& all = *reinterpret_cast<float2*>(work.injected + row * static_cast<std::size_t>(columns) +
                                                 static_cast<std::size_t>(first_column + j * kPlaneChannels + pair));
        const float2 before = work.adds ? all : float2{0, 0};
        all = {before.x + sums[m][j].x[2 * half], before.y + sums[m][j].x[2 * half + 1]};
      }
    }
  }
}

}  // namespace

void injected_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch, const FusedActivations& kept,
                       const BackwardScratch& scratch) {
  const int rows = stretch.images() * shape.ticks, slices = injected_slices(shape, stretch);
  const int warps = shape.layers * slices * (kClassCount * shape.gates() / (kColumnTiles * kPlaneChannels));
  launch(executor, "grad_injected", grad_injected_kernel,
         Geometry{.blocks = static_cast<unsigned>(warps + 3) / 4, .threads = kThreads},
         InjectedGradient{shape, kept.pooled, scratch.class_sums, stretch.boards, rows, slices, stretch.adds,
                          scratch.injected, scratch.constant});
}

}  // namespace boxwarp::DEVICE
