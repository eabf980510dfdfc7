// Convolution of stride 1 and its gradient with respect to x on tensor cores: the sums of plain_convolution.cu, of operands
// that are rounded to bfloat16, added as float. Any board, channels in multiples of four, kernels of up to 5.
//
// Rows of the product are cells, columns outputs, its depth the inputs, tap by tap. Block = 128 cells x kColumns outputs,
// warp = 32 of the cells. 32 inputs of the cells and of all that their taps reach are read once (20 KB of 10x10 boards and
// 3x3 kernels); the weights of a tap (4 KB for 64 columns and 0.5 MFLOP) arrive while those of the one before are
// multiplied.
#include "kernels/net/tile_planes.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

using TileConvolution = ConvolutionView<Bf16>;

constexpr int kBlockRows = 2 * kTileRows * kWarps;
constexpr int kStagePlanes = kStageInputs / kPlaneChannels;

// The rows that the taps of a block's cells reach, from the first tap of its first cell on.
HOST_DEVICE int left_rows(const TileConvolution& of) { return kBlockRows + (of.kernel - 1) * (of.images.width + 1); }
// One more holds zeros.
HOST_DEVICE int left_stride(const TileConvolution& of) { return plane_stride(kStagePlanes, left_rows(of) + 1); }

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
          load_right(weights + place + right_start(lane, kStageInputs) + step * kPlaneChannels * kPlaneChannels,
                     kStageInputs, right);
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

template <int kColumns>
void launch_product(Executor& executor, const TileConvolution& of) {
  const int elements = 2 * kStageInputs * kColumns + kStagePlanes * left_stride(of) * kPlaneChannels;
  launch(executor, "tile_convolve", tile_convolve_kernel<kColumns>,
         Geometry{.blocks = blocks_of(of.images.rows(), kBlockRows) * blocks_of(of.outputs, kColumns),
                  .threads = kThreads,
                  .shared_bytes = static_cast<std::size_t>(elements) * sizeof(Bf16)},
         of);
}

}  // namespace

void tile_convolve(Executor& executor, const TileConvolution& of) {
  (of.outputs > 32 ? launch_product<64> : launch_product<32>)(executor, of);
}

}  // namespace boxwarp::DEVICE::plain
