// Convolution of stride 1 and its gradients on tensor cores: the sums of plain_convolution.cu, of operands that are rounded
// to bfloat16, added as float. Any board, channels in multiples of four, kernels of 1, 3 and 4.
//
// A cell's neighbour at a tap lies a constant number of rows further on, so shared memory gets rows as they follow each
// other, board after board, and taps read them shifted. Where the neighbour is off the board a row of zeros is read instead.
//
// Forward and back: rows of the product are cells, columns outputs, its depth the inputs, tap by tap. Block = 128 cells x
// kColumns outputs, warp = 32 of the cells. 32 inputs of the cells and of what their taps reach are read once for all taps;
// the weights of a tap arrive while those of the one before are multiplied: 0.5 MFLOP for 4 KB of 64 columns.
// Weights: rows are inputs, columns outputs, the depth is the cells. Block = one row of the kernel, kColumns outputs and 16
// inputs (128 of kernel 1: 32) for each warp, one slice of the cells; a stage is 32 cells, read while the one before is
// multiplied. Slices are added in their order (plain_sums.cu).
//
// Operands lie in planes of eight channels, 16 bytes for each row of a plane, as in tiles.hpp: eight neighbouring rows meet
// every bank of shared memory once when ldmatrix reads them. A few rows more between two planes do the same for the stores,
// which go through the planes first.
#include "kernels/collective.cuh"
#include "kernels/net/convolution.cuh"
#include "kernels/net/tiles.hpp"

namespace boxwarp::DEVICE::plain {

namespace {

constexpr int kWarps = kThreads / kWarpLanes;
constexpr int kThreadCount = kThreads, kLanes = kWarpLanes;
constexpr int kBlockRows = 2 * kTileRows * kWarps;
constexpr int kPlanesOf16 = kTileDepth / kPlaneChannels;

// Rows from plane to plane, of which so many are used.
HOST_DEVICE constexpr int plane_stride(int planes, int rows) { return (rows + 7) / 8 * 8 + (planes < 8 ? 8 / planes : 1); }

// Eight threads store 16 bytes each at once, planes first; there are 32 banks of four bytes.
constexpr bool stores_meet_each_bank_once(int planes, int rows) {
  unsigned quads = 0;  // of banks
  for (int i = 0; i < 8; ++i) quads |= 1u << (i % planes * plane_stride(planes, rows) + i / planes) % 8;
  return quads == 0xff;
}
static_assert(stores_meet_each_bank_once(4, 151) && stores_meet_each_bank_once(4, 32) && stores_meet_each_bank_once(8, 34) &&
              stores_meet_each_bank_once(16, 32));

// Eight channels of a row, as they are read.
struct EightFloats {
  float4 first, second;

  __device__ uint4 rounded() const {
    return {pack(first.x, first.y), pack(first.z, first.w), pack(second.x, second.y), pack(second.z, second.w)};
  }
};

// second: how far from the first four channels the others lie. Zeros where the row is not there.
__device__ EightFloats eight_at(const float* at, int second, bool there) {
  const float4 zeros = make_float4(0, 0, 0, 0);
  EightFloats eight{zeros, zeros};
  if (there) eight = {four_at(at), four_at(at + second)};
  return eight;
}

__device__ void store(Bf16* to, const uint4& eight) { *reinterpret_cast<uint4*>(to) = eight; }

// The right operands of 16 rows of depth for all columns of the block. from: where this lane's row of the first two tiles
// lies; stride: rows from plane to plane.
template <int kTiles>
__device__ void load_right(const Bf16* from, int stride, TileB (&right)[kTiles]) {
#pragma unroll
  for (int j = 0; j < kTiles; j += 2) {
    const FourTiles four = load_tiles_transposed(from + j * stride * kPlaneChannels);
    right[j] = {{four.reg[0], four.reg[1]}};
    right[j + 1] = {{four.reg[2], four.reg[3]}};
  }
}

// Where each lane's row of load_right lies, from the first row on.
__device__ int right_start(int lane, int stride) { return (lane / 16 * stride + lane % 16) * kPlaneChannels; }

// ---- forward and back

using TileConvolution = ConvolutionView<Bf16>;

constexpr int kStagePlanes = kStageInputs / kPlaneChannels;

// The rows that the taps of a block's cells reach, from the first tap of its first cell on.
HOST_DEVICE int left_rows(const TileConvolution& of) { return kBlockRows + (of.kernel - 1) * (of.images.width + 1); }
// One more holds zeros.
HOST_DEVICE int left_stride(const TileConvolution& of) { return plane_stride(kStagePlanes, left_rows(of) + 1); }

// Whether `at` is one of `size` numbers from 0 on.
__device__ bool within(int at, int size) { return static_cast<unsigned>(at) < static_cast<unsigned>(size); }

// Bit n: whether coordinate at + n is one of `size`. n < kernel
__device__ unsigned reached(int at, int kernel, int size) {
  unsigned bits = 0;
  for (int n = 0; n < kernel; ++n) bits |= static_cast<unsigned>(within(at + n, size)) << n;
  return bits;
}

// Bit ky * kernel + kx: whether that tap of a row's cell lies on the board.
__device__ unsigned taps_on_board(const TileConvolution& of, std::int64_t row) {
  const Cell cell = cell_of(of.images, row);
  if (cell.image >= of.images.count) return 0;
  const unsigned rows = reached(cell.y - of.before, of.kernel, of.images.height),
                 columns = reached(cell.x - of.before, of.kernel, of.images.width);
  unsigned taps = 0;
  for (int ky = 0; ky < of.kernel; ++ky) taps |= (rows >> ky & 1u) * columns << ky * of.kernel;
  return taps;
}

template <int kColumns>
__global__ void __launch_bounds__(kThreads, 3) tile_convolve_kernel(const __grid_constant__ TileConvolution of) {
  constexpr int kTiles = kColumns / kPlaneChannels, kWeights = kStageInputs * kColumns;
  constexpr int kRowsAtOnce = kThreadCount / kStagePlanes;
  Bf16* const weights = &shared<Bf16>();  // two stages
  Bf16* const left = weights + 2 * kWeights;
  const int thread = static_cast<int>(threadIdx.x), lane = thread % kLanes, warp = thread / kLanes;
  const TileWeights order{of.kernel, of.inputs, of.outputs};
  const unsigned across = static_cast<unsigned>(order.across());
  const std::int64_t first_row = std::int64_t{blockIdx.x / across} * kBlockRows, rows = of.images.rows();
  const int column_block = static_cast<int>(blockIdx.x % across), first_column = column_block * kColumns;
  const int width = of.images.width, stride = left_stride(of), zero_row = left_rows(of);

  // Weights of a stage are copied as they lie.
  const Bf16* const all_weights = of.weights + static_cast<std::size_t>(column_block) * order.block_elements();
  const int end = static_cast<int>(order.block_elements());
  int next = 0;
  const auto start_copies = [&](int place) {
    if (next < end) {
#pragma unroll
      for (int i = 0; i < kWeights; i += kThreadCount * kPlaneChannels)
        copy_later(weights + place + i + thread * kPlaneChannels, all_weights + next + i + thread * kPlaneChannels);
    }
    next += kWeights;
    close_copies();
  };
  int place = 0;  // of the stage that is multiplied
  start_copies(place);

  unsigned taps[2];
  const Bf16* cells[2];  // of this lane, at the first tap
#pragma unroll
  for (int m = 0; m < 2; ++m) {
    const int cell = (2 * warp + m) * kTileRows + left_cell(lane);
    taps[m] = taps_on_board(of, first_row + cell);
    cells[m] = left + (left_channel(lane) / kPlaneChannels * stride + cell) * kPlaneChannels;
  }
  const Bf16* const zeros = left + (left_channel(lane) / kPlaneChannels * stride + zero_row) * kPlaneChannels;
  if (thread < kStagePlanes) store(left + (thread * stride + zero_row) * kPlaneChannels, uint4{0, 0, 0, 0});

  TileC sums[2][kTiles] = {};
  for (int depth = 0; depth < of.inputs; depth += kStageInputs) {
    __syncthreads();
    // Weights of inputs that there are not are zero, so that others may stand for them.
    const int channel = depth + thread % kStagePlanes * kPlaneChannels, second = channel + kQuad < of.inputs ? kQuad : 0;
    const float* const x = of.x + (channel < of.inputs ? channel : 0);
    std::int64_t from = first_row - of.before * (width + 1) + thread / kStagePlanes;
    Bf16* to = left + (thread % kStagePlanes * stride + thread / kStagePlanes) * kPlaneChannels;
#pragma unroll 2
    for (int row = thread / kStagePlanes; row < zero_row; row += kRowsAtOnce) {
      store(to, eight_at(x + from * of.inputs, second, from >= 0 && from < rows).rounded());
      from += kRowsAtOnce;
      to += kRowsAtOnce * kPlaneChannels;
    }

    unsigned there[2] = {taps[0], taps[1]};
    const Bf16* shifted[2] = {cells[0], cells[1]};
    for (int ky = 0; ky < of.kernel; ++ky) {
#pragma unroll 1
      for (int kx = 0; kx < of.kernel; ++kx) {
        wait_for_copies<0>();
        __syncthreads();
        start_copies(kWeights - place);
        const Bf16* rows_left[2];
#pragma unroll
        for (int m = 0; m < 2; ++m) {
          rows_left[m] = (there[m] & 1u) != 0 ? shifted[m] : zeros;
          there[m] >>= 1;
          shifted[m] += kPlaneChannels;
        }
#pragma unroll
        for (int step = 0; step < kStagePlanes; step += kPlanesOf16) {
          if (step > 0 && depth + step * kPlaneChannels >= of.inputs) break;
          TileB right[kTiles];
          load_right(weights + place + right_start(lane, kStageInputs) + step * kPlaneChannels * kPlaneChannels, kStageInputs, right);
#pragma unroll
          for (int m = 0; m < 2; ++m) {
            const FourTiles four = load_tiles(rows_left[m] + step * stride * kPlaneChannels);
            const TileA a{{four.reg[0], four.reg[1], four.reg[2], four.reg[3]}};
#pragma unroll
            for (int j = 0; j < kTiles; ++j) multiply_tiles(sums[m][j], a, right[j]);
          }
        }
        place = kWeights - place;
      }
#pragma unroll
      for (int m = 0; m < 2; ++m) shifted[m] += (width - of.kernel) * kPlaneChannels;
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

// ---- weights

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

// Rows of a map on their way to a stage, kRows for each: this thread brings eight channels of every kEach-th of them.
template <int kPlanes, int kRows>
class Bringer {
 public:
  // From row `first` on, of which those from 0 to `end` are there, and from `channel` on: beyond the last channel come
  // others instead, for products that nobody asks for.
  __device__ Bringer(const float* map, int channels, int channel, int first, int end)
      : map_(map), row_(first + own_row()), end_(end), channels_(channels) {
    channel += own_plane() * kPlaneChannels;
    second_ = channel + kQuad < channels ? kQuad : 0;
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
  __device__ void write(Bf16* planes, int stride) const {
    Bf16* const to = planes + (own_plane() * stride + own_row()) * kPlaneChannels;
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
  int row_, end_, channels_, second_;
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
      stage.left + ((kPlanesOf16 * input_tile + lane / 8 % 2) * Stage::kLeftStride + lane_cell) * kPlaneChannels;
  const Bf16* const right_from = stage.right + right_start(lane, Stage::kRightStride);
  int cell = (begin + lane_cell) % cells;
  const int advance = kTileDepth % cells;
  TileC sums[kTaps][kInputTiles][kTiles] = {};
  for (int row = begin; row < end; row += kStageCells) {
    __syncthreads();
    left.write(stage.left, Stage::kLeftStride);
    right.write(stage.right, Stage::kRightStride);
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

unsigned blocks_of(std::int64_t count, int each) { return static_cast<unsigned>((count + each - 1) / each); }

template <int kColumns>
void launch_product(Executor& executor, const TileConvolution& of) {
  const int elements = 2 * kStageInputs * kColumns + kStagePlanes * left_stride(of) * kPlaneChannels;
  launch(executor, "tile_convolve", tile_convolve_kernel<kColumns>,
         Geometry{.blocks = blocks_of(of.images.rows(), kBlockRows) * blocks_of(of.outputs, kColumns),
                  .threads = kThreads,
                  .shared_bytes = static_cast<std::size_t>(elements) * sizeof(Bf16)},
         of);
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
  else
    launch_gradient<kColumns, kColumns == 32 ? 4 : 2>(executor, of);
}

}  // namespace

void tile_convolve(Executor& executor, const TileConvolution& of) {
  (of.outputs > 32 ? launch_product<64> : launch_product<32>)(executor, of);
}

void tile_weight_gradient(Executor& executor, const WeightGradientView& of) {
  (of.outputs > 32 ? launch_gradient<64> : launch_gradient<32>)(executor, of);
}

}  // namespace boxwarp::DEVICE::plain
