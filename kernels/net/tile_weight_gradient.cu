// The gradient of convolution weights on tensor cores: the sums of plain_convolution.cu, of operands that are rounded to
// bfloat16, added as float. Any board, channels in multiples of four, kernels of 1, 3 and 4.
//
// Rows of the product are inputs, columns outputs, its depth the cells. Block = kTaps neighbours in a row of the kernel,
// 64 inputs (128 where there is one tap) x kColumns outputs, one slice of the cells; warp = a quarter of the inputs. A stage
// is 32 cells, read while the one before is multiplied: 17 KB for 0.8 MFLOP of three taps and 64 columns. Slices are added
// in their order (plain_sums.cu).
#include "kernels/net/fragments.cuh"
#include "kernels/net/tile_planes.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

constexpr int kStageCells = 32;

// kTaps: neighbours in a row of the kernel. A warp's left operands are kTaps x kInputTiles.
template <int kColumns, int kTaps>
struct GradientStage {
  static constexpr int kInputTiles = kTaps == 1 ? 2 : 1;
  static constexpr int kInputs = kTileRows * kWarps * kInputTiles;  // of a block
  static constexpr int kLeftPlanes = kInputs / kPlaneChannels, kRightPlanes = kColumns / kPlaneChannels;
  static constexpr int kLeftRows = kStageCells + kTaps - 1;
  static constexpr int kLeftStride = plane_stride(kLeftPlanes, kLeftRows);
  static constexpr int kRightStride = plane_stride(kRightPlanes, kStageCells);

  Bf16 left[kLeftPlanes * kLeftStride * kPlaneChannels];
  Bf16 right[kRightPlanes * kRightStride * kPlaneChannels];
  Bf16 zeros[kLeftRows * kPlaneChannels];  // read in place of a plane
};

// Rows of a map on their way to a stage, kRows for each: this thread brings eight channels of every kEach-th of them. What
// is forgotten, some compilers would otherwise work out again for every stage.
template <int kPlanes, int kRows>
class Bringer {
 public:
  // From row `first` on, of which those from 0 to `end` are there, and from `channel` on: beyond the last channel come
  // others instead, for products that nobody asks for.
  __device__ Bringer(const float* map, int channels, int channel, int first, int end)
      : map_(map), row_(first + own_row()), end_(end), channels_(channels) {
    channel += own_plane() * kPlaneChannels;
    second_ = forgotten(channel + kQuad < channels ? kQuad : 0);
    to_ = forgotten((own_plane() * plane_stride(kPlanes, kRows) + own_row()) * kPlaneChannels);
    from_ = std::int64_t{row_} * channels + (channel < channels ? channel : 0);
  }

  // The rows of a stage, which then lie kStageCells further on.
  __device__ void read() {
    const float* const from = map_ + from_;
#pragma unroll
    for (int n = 0; n < kCount; ++n) {
      eight_[n] = eight_at(from + n * kEach * channels_, second_, has(n) && within(row_ + n * kEach, end_));
    }
    row_ += kStageCells;
    from_ += kStageCells * channels_;
  }
  __device__ void write(Bf16* planes) const {
    Bf16* const to = planes + to_;
#pragma unroll
    for (int n = 0; n < kCount; ++n) {
      if (has(n)) store(to + n * kEach * kPlaneChannels, eight_[n].rounded());
    }
  }

 private:
  static constexpr int kEach = kThreadCount / kPlanes, kCount = (kRows + kEach - 1) / kEach;

  __device__ static int own_row() { return static_cast<int>(threadIdx.x) / kPlanes; }
  __device__ static int own_plane() { return static_cast<int>(threadIdx.x) % kPlanes; }
  // Of the last rows there may be none for this thread.
  __device__ static bool has(int n) { return (n + 1) * kEach <= kRows || own_row() + n * kEach < kRows; }

  const float* map_;
  int row_, end_, channels_, second_, to_;
  std::int64_t from_;
  EightFloats eight_[kCount];
};

// Blocks go through columns first, then inputs, groups of taps and slices.
template <int kColumns, int kTaps>
__global__ void __launch_bounds__(kThreads) tile_weight_gradient_kernel(const __grid_constant__ WeightGradientView of) {
  using Stage = GradientStage<kColumns, kTaps>;
  constexpr int kTiles = kColumns / kPlaneChannels, kInputTiles = Stage::kInputTiles;
  auto& stage = shared<Stage>();
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kLanes, warp = thread / kLanes;
  const int across = (of.outputs + kColumns - 1) / kColumns, down = (of.inputs + Stage::kInputs - 1) / Stage::kInputs;
  const int taps = of.kernel * of.kernel, groups = taps / kTaps;
  int block = static_cast<int>(blockIdx.x);
  const int first_column = block % across * kColumns;
  block /= across;
  const int first_input = block % down * Stage::kInputs;
  block /= down;
  const int first_tap = block % groups * kTaps, slice = block / groups;
  const int dy = first_tap / of.kernel - of.before, dx = first_tap % of.kernel - of.before;
  // Rows are counted in int: two maps of 2^31 rows and 16 channels would take 275 GB.
  const std::int64_t all_rows = of.images.rows();
  const int rows = static_cast<int>(all_rows), begin = static_cast<int>(all_rows * slice / of.slices),
            end = static_cast<int>(all_rows * (slice + 1) / of.slices);

  for (int i = thread; i < Stage::kLeftRows; i += kThreadCount) store(stage.zeros + i * kPlaneChannels, uint4{0, 0, 0, 0});
  // Of every cell of a board. Bit n: whether tap first_tap + n lies on the board. A kernel of one tap never leaves it.
  auto* const on_board = reinterpret_cast<std::uint8_t*>(&stage + 1);
  const int width = of.images.width, height = of.images.height, cells = height * width;
  if constexpr (kTaps > 1) {
    for (int i = thread; i < cells; i += kThreadCount)
      on_board[i] = within(i / width + dy, height) ? static_cast<std::uint8_t>(reached(i % width + dx, kTaps, width)) : 0;
  }

  Bringer<Stage::kLeftPlanes, Stage::kLeftRows> left(of.x, of.inputs, first_input, begin + dy * width + dx, rows);
  Bringer<Stage::kRightPlanes, kStageCells> right(of.grad_y, of.outputs, first_column, begin, end);
  left.read();
  right.read();

  // Of 16 inputs and 16 cells, ldmatrix turns tiles (inputs 0, cells 0), (8, 0), (0, 8), (8, 8).
  const int lane_cell = lane % 8 + lane / 16 * 8, input_tile = warp * kInputTiles;
  const Bf16* const left_from =
      stage.left + forgotten(((kPlanesOf16 * input_tile + lane / 8 % 2) * Stage::kLeftStride + lane_cell) * kPlaneChannels);
  const Bf16* const right_from = stage.right + forgotten(right_start(lane, Stage::kRightStride));
  int cell = (begin + lane_cell) % cells;
  const int advance = kTileDepth % cells;
  TileC sums[kTaps][kInputTiles][kTiles] = {};
  for (int row = begin; row < end; row += kStageCells) {
    __syncthreads();
    left.write(stage.left);
    right.write(stage.right);
    __syncthreads();
    left.read();
    right.read();
    if (first_input + input_tile * kTileRows >= of.inputs) continue;
#pragma unroll
    for (int step = 0; step < kStageCells; step += kTileDepth) {
      TileB b[kTiles];
      load_right(right_from + step * kPlaneChannels, Stage::kRightStride, b);
      const unsigned taps_there = kTaps > 1 ? on_board[cell] : 1;
#pragma unroll
      for (int tap = 0; tap < kTaps; ++tap) {
        const bool there = (taps_there >> tap & 1u) != 0;
        const Bf16* const from = (there ? left_from : stage.zeros) + (step + tap) * kPlaneChannels;
#pragma unroll
        for (int i = 0; i < kInputTiles; ++i) {
          const FourTiles four = load_tiles_transposed(from + i * kPlanesOf16 * Stage::kLeftStride * kPlaneChannels);
          const TileA a{{four.reg[0], four.reg[1], four.reg[2], four.reg[3]}};
#pragma unroll
          for (int j = 0; j < kTiles; ++j) multiply_tiles(sums[tap][i][j], a, b[j]);
        }
      }
      cell += advance;
      if (cell >= cells) cell -= cells;
    }
  }

  float* partials = of.partials + (std::int64_t{slice} * taps + first_tap) * of.inputs * of.outputs;
#pragma unroll
  for (int tap = 0; tap < kTaps; ++tap) {
#pragma unroll
    for (int i = 0; i < kInputTiles; ++i) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int input = first_input + (input_tile + i) * kTileRows + half * 8 + lane / 4;
        if (input >= of.inputs) continue;
        float* const to = partials + (std::int64_t{tap} * of.inputs + input) * of.outputs;
#pragma unroll
        for (int j = 0; j < kTiles; ++j) {
          const int column = first_column + j * kPlaneChannels + lane % 4 * 2;
          if (column >= of.outputs) continue;
          *reinterpret_cast<float2*>(to + column) = {sums[tap][i][j].x[2 * half], sums[tap][i][j].x[2 * half + 1]};
        }
      }
    }
  }
}

template <int kColumns, int kTaps>
void launch_gradient(Executor& executor, const WeightGradientView& of) {
  using Stage = GradientStage<kColumns, kTaps>;
  launch(executor, "tile_weight_gradient", tile_weight_gradient_kernel<kColumns, kTaps>,
         Geometry{.blocks = blocks_of(of.outputs, kColumns) * blocks_of(of.inputs, Stage::kInputs) *
                            static_cast<unsigned>(of.kernel * of.kernel / kTaps * of.slices),
                  .threads = kThreads,
                  .shared_bytes = sizeof(Stage) + static_cast<std::size_t>(of.images.height * of.images.width)},
         of);
}

template <int kColumns>
void launch_gradient(Executor& executor, const WeightGradientView& of) {
  if (of.kernel == 1)
    launch_gradient<kColumns, 1>(executor, of);
  else if (of.kernel == 3)
    launch_gradient<kColumns, 3>(executor, of);
  else  // 64 columns of four taps would leave too few registers
    launch_gradient<kColumns, kColumns == 32 ? 4 : 2>(executor, of);
}

}  // namespace

void tile_weight_gradient(Executor& executor, const WeightGradientView& of) {
  (of.outputs > 32 ? launch_gradient<64> : launch_gradient<32>)(executor, of);
}

}  // namespace boxwarp::DEVICE::plain
