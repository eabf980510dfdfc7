// Convolution of stride 1 and its gradients on tensor cores: the sums of plain_convolution.cu, of operands that are rounded
// to bfloat16 on their way into shared memory, added as float. Any board, any kernel, channels in multiples of four.
//
// Forward and back: rows of the product are cells, columns outputs, its depth the inputs, tap by tap. Block = 128 cells x
// kColumns outputs, warp = 32 of the cells; a stage is 32 inputs of one tap: 12 KB of shared memory for 64 columns, filled
// by 48 KB of reads for 0.5 MFLOP.
// Weights: rows are inputs, columns outputs, the depth is the cells. Block = one tap, up to 64 inputs x kColumns outputs,
// one slice of the cells; warp = 16 inputs; a stage is 32 cells. Slices are added in their order (plain_sums.cu).
//
// Operands lie in planes of eight channels, 16 bytes for each row of a plane, as in tiles.hpp: eight neighbouring rows meet
// every bank of shared memory once when ldmatrix reads them. A few rows more between two planes do the same for the stores,
// which go through the planes first.
#include "kernels/collective.cuh"
#include "kernels/net/convolution.cuh"
#include "kernels/net/tiles.hpp"

namespace boxwarp::DEVICE::plain {

namespace {

constexpr int kDepth = 32;              // of a stage
constexpr int kThreadCount = kThreads;  // of a block
constexpr int kWarps = kThreads / kWarpLanes;
constexpr int kLanes = kWarpLanes;
constexpr int kBlockRows = 2 * kTileRows * kWarps;
constexpr int kPlanesOf16 = kTileDepth / kPlaneChannels;

template <int kPlanes, int kRows>
struct Planes {
  static constexpr int kStride = kRows + 8 / kPlanes;  // rows from plane to plane
  Bf16 elements[kPlanes * kStride * kPlaneChannels];

  HOST_DEVICE static constexpr int place(int plane, int row) { return (plane * kStride + row) * kPlaneChannels; }
  // Where vector i of 16 bytes goes, planes first.
  HOST_DEVICE static constexpr int place(int vector) { return place(vector % kPlanes, vector / kPlanes); }
  // Eight threads store 16 bytes each at once; there are 32 banks of four bytes.
  static constexpr bool stores_meet_each_bank_once() {
    unsigned quads = 0;  // of banks
    for (int i = 0; i < 8; ++i) quads |= 1u << place(i) / kPlaneChannels % 8;
    return quads == 0xff;
  }
  __device__ const Bf16* at(int plane, int row) const { return elements + place(plane, row); }
  __device__ void store(int vector, const uint4& eight) { *reinterpret_cast<uint4*>(elements + place(vector)) = eight; }
};
static_assert(Planes<4, 32>::stores_meet_each_bank_once() && Planes<8, 32>::stores_meet_each_bank_once() &&
              Planes<4, 128>::stores_meet_each_bank_once());

// Eight channels of a row from `channel` on, rounded; zeros where there are none, or no row.
__device__ uint4 eight_of(const float* row, int channel, int channels) {
  const float4 zeros = make_float4(0, 0, 0, 0);
  const float4 a = row != nullptr && channel < channels ? four_at(row + channel) : zeros;
  const float4 b = row != nullptr && channel + kQuad < channels ? four_at(row + channel + kQuad) : zeros;
  return {pack(a.x, a.y), pack(a.z, a.w), pack(b.x, b.y), pack(b.z, b.w)};
}

// The right operands of 16 rows of depth, from row `depth` of the stage on, for all columns of the block.
template <int kTiles, int kRows>
__device__ void load_right(const Planes<kTiles, kRows>& planes, int depth, int lane, TileB (&right)[kTiles]) {
#pragma unroll
  for (int j = 0; j < kTiles; j += 2) {
    const FourTiles four = load_tiles_transposed(planes.at(j + lane / 16, depth + lane % 16));
    right[j] = {{four.reg[0], four.reg[1]}};
    right[j + 1] = {{four.reg[2], four.reg[3]}};
  }
}

template <int kColumns>
struct ProductStage {
  Planes<kDepth / kPlaneChannels, kBlockRows> left;
  Planes<kColumns / kPlaneChannels, kDepth> right;
};

template <int kColumns>
__global__ void __launch_bounds__(kThreads) tile_convolve_kernel(const __grid_constant__ ConvolutionView of) {
  constexpr int kTiles = kColumns / kPlaneChannels, kPlanes = kDepth / kPlaneChannels;
  constexpr int kBrought = kBlockRows * kPlanes / kThreadCount;  // vectors of a stage by each thread
  auto& stage = shared<ProductStage<kColumns>>();
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kLanes, warp = thread / kLanes;
  const int across = (of.outputs + kColumns - 1) / kColumns;
  const std::int64_t first_row = std::int64_t{blockIdx.x / static_cast<unsigned>(across)} * kBlockRows,
                     rows = of.images.rows();
  const int first_column = static_cast<int>(blockIdx.x % static_cast<unsigned>(across)) * kColumns;

  Cell cells[kBrought];
#pragma unroll
  for (int n = 0; n < kBrought; ++n) cells[n] = cell_of(of.images, first_row + (thread + n * kThreadCount) / kPlanes);

  TileC sums[2][kTiles] = {};
  for (int tap = 0; tap < of.kernel * of.kernel; ++tap) {
    const float* x[kBrought];
#pragma unroll
    for (int n = 0; n < kBrought; ++n) {
      const std::int64_t from =
          cells[n].image < of.images.count
              ? neighbour(of.images, cells[n], tap / of.kernel - of.before, tap % of.kernel - of.before)
              : -1;
      x[n] = from < 0 ? nullptr : of.x + from * of.inputs;
    }
    for (int depth = 0; depth < of.inputs; depth += kDepth) {
      __syncthreads();
#pragma unroll
      for (int n = 0; n < kBrought; ++n)
        stage.left.store(thread + n * kThreadCount, eight_of(x[n], depth + thread % kPlanes * kPlaneChannels, of.inputs));
#pragma unroll
      for (int n = 0; n < kTiles * kDepth / kThreadCount; ++n) {
        const int i = thread + n * kThreadCount;
        const int input = depth + i / kTiles;
        const float* weights =
            input < of.inputs ? of.weights + (std::int64_t{tap} * of.inputs + input) * of.outputs : nullptr;
        stage.right.store(i, eight_of(weights, first_column + i % kTiles * kPlaneChannels, of.outputs));
      }
      __syncthreads();
#pragma unroll
      for (int step = 0; step < kDepth; step += kTileDepth) {
        if (depth + step >= of.inputs) break;
        TileB right[kTiles];
        load_right(stage.right, step, lane, right);
#pragma unroll
        for (int m = 0; m < 2; ++m) {
          const FourTiles four = load_tiles(
              stage.left.at((step + left_channel(lane)) / kPlaneChannels, (2 * warp + m) * kTileRows + left_cell(lane)));
          const TileA left{{four.reg[0], four.reg[1], four.reg[2], four.reg[3]}};
#pragma unroll
          for (int j = 0; j < kTiles; ++j) multiply_tiles(sums[m][j], left, right[j]);
        }
      }
    }
  }

#pragma unroll
  for (int m = 0; m < 2; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const std::int64_t row = first_row + (2 * warp + m) * kTileRows + half * 8 + lane / 4;
      if (row >= rows) continue;
      const float* start = of.start.rows == nullptr ? nullptr : of.start.rows + row % of.start.period * of.outputs;
#pragma unroll
      for (int j = 0; j < kTiles; ++j) {
        const int column = first_column + j * kPlaneChannels + lane % 4 * 2;
        if (column >= of.outputs) continue;
        float2 two{sums[m][j].x[2 * half], sums[m][j].x[2 * half + 1]};
        if (start != nullptr) {
          const float2 more = *reinterpret_cast<const float2*>(start + column);
          two = {two.x + more.x, two.y + more.y};
        }
        *reinterpret_cast<float2*>(of.y + row * of.outputs + column) = two;
      }
    }
  }
}

template <int kColumns>
struct GradientStage {
  Planes<kPlanesOf16 * kWarps, kDepth> left;
  Planes<kColumns / kPlaneChannels, kDepth> right;
};

// Blocks go through columns first, then inputs, taps and slices.
template <int kColumns>
__global__ void __launch_bounds__(kThreads) tile_weight_gradient_kernel(const __grid_constant__ WeightGradientView of) {
  constexpr int kTiles = kColumns / kPlaneChannels, kPlanes = kPlanesOf16 * kWarps, kBlockInputs = kTileRows * kWarps;
  auto& stage = shared<GradientStage<kColumns>>();
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kLanes, warp = thread / kLanes;
  const int across = (of.outputs + kColumns - 1) / kColumns, down = (of.inputs + kBlockInputs - 1) / kBlockInputs;
  int block = static_cast<int>(blockIdx.x);
  const int first_column = block % across * kColumns;
  block /= across;
  const int first_input = block % down * kBlockInputs;
  block /= down;
  const int tap = block % (of.kernel * of.kernel), slice = block / (of.kernel * of.kernel);
  const int dy = tap / of.kernel - of.before, dx = tap % of.kernel - of.before;
  const std::int64_t rows = of.images.rows(), end = rows * (slice + 1) / of.slices;

  std::int64_t row = rows * slice / of.slices;
  Cell cell = cell_of(of.images, row + thread / kPlanes);  // of the first vector that this thread brings
  TileC sums[kTiles] = {};
  for (; row < end; row += kDepth) {
    __syncthreads();
#pragma unroll
    for (int n = 0; n < kPlanes * kDepth / kThreadCount; ++n) {
      const int i = thread + n * kThreadCount;
      const std::int64_t from = row + i / kPlanes < end ? neighbour(of.images, cell, dy, dx) : -1;
      stage.left.store(
          i, eight_of(from < 0 ? nullptr : of.x + from * of.inputs, first_input + i % kPlanes * kPlaneChannels, of.inputs));
      cell = advanced(of.images, cell, kThreadCount / kPlanes);
    }
#pragma unroll
    for (int n = 0; n < kTiles * kDepth / kThreadCount; ++n) {
      const int i = thread + n * kThreadCount;
      const std::int64_t to = row + i / kTiles;
      stage.right.store(i, eight_of(to < end ? of.grad_y + to * of.outputs : nullptr,
                                    first_column + i % kTiles * kPlaneChannels, of.outputs));
    }
    __syncthreads();
    if (first_input + warp * kTileRows >= of.inputs) continue;
#pragma unroll
    for (int step = 0; step < kDepth; step += kTileDepth) {
      TileB right[kTiles];
      load_right(stage.right, step, lane, right);
      // Of 16 inputs and 16 cells, ldmatrix turns tiles (inputs 0, cells 0), (8, 0), (0, 8), (8, 8).
      const FourTiles four =
          load_tiles_transposed(stage.left.at(kPlanesOf16 * warp + lane / 8 % 2, step + lane % 8 + lane / 16 * 8));
      const TileA left{{four.reg[0], four.reg[1], four.reg[2], four.reg[3]}};
#pragma unroll
      for (int j = 0; j < kTiles; ++j) multiply_tiles(sums[j], left, right[j]);
    }
  }

  float* partials = of.partials + (std::int64_t{slice} * of.kernel * of.kernel + tap) * of.inputs * of.outputs;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int input = first_input + warp * kTileRows + half * 8 + lane / 4;
    if (input >= of.inputs) continue;
#pragma unroll
    for (int j = 0; j < kTiles; ++j) {
      const int column = first_column + j * kPlaneChannels + lane % 4 * 2;
      if (column >= of.outputs) continue;
      *reinterpret_cast<float2*>(partials + std::int64_t{input} * of.outputs + column) = {sums[j].x[2 * half],
                                                                                          sums[j].x[2 * half + 1]};
    }
  }
}

unsigned blocks_of(std::int64_t count, int each) { return static_cast<unsigned>((count + each - 1) / each); }

template <int kColumns>
void launch_product(Executor& executor, const ConvolutionView& of) {
  launch(executor, "tile_convolve", tile_convolve_kernel<kColumns>,
         Geometry{.blocks = blocks_of(of.images.rows(), kBlockRows) * blocks_of(of.outputs, kColumns),
                  .threads = kThreads,
                  .shared_bytes = sizeof(ProductStage<kColumns>)},
         of);
}

template <int kColumns>
void launch_gradient(Executor& executor, const WeightGradientView& of) {
  launch(executor, "tile_weight_gradient", tile_weight_gradient_kernel<kColumns>,
         Geometry{.blocks = blocks_of(of.outputs, kColumns) * blocks_of(of.inputs, kTileRows * kWarps) *
                            static_cast<unsigned>(of.kernel * of.kernel * of.slices),
                  .threads = kThreads,
                  .shared_bytes = sizeof(GradientStage<kColumns>)},
         of);
}

}  // namespace

void tile_convolve(Executor& executor, const ConvolutionView& of) {
  (of.outputs > 32 ? launch_product<64> : launch_product<32>)(executor, of);
}

void tile_weight_gradient(Executor& executor, const WeightGradientView& of) {
  (of.outputs > 32 ? launch_gradient<64> : launch_gradient<32>)(executor, of);
}

}  // namespace boxwarp::DEVICE::plain
