// From the gradients of a step's gates back through e to the encoder's weights:
//
//   grad_e     = grad_z + sum over layers of the transposed convolution of grad_gates with W_e
//   grad_first = transposed convolution of grad_e with the second layer's weights
//   grad_table[tap, code] = sum of grad_first over the cells that have that code under that tap
//
// The last is a product as well: of a matrix with a one where a cell has a code under a tap, which is made in registers from
// the codes. Block = one or two boards of a step; for the table one slice of these, a warp for each two taps. Bytes of
// DRC(3,3) and image: 258 KB of gates of three ticks and 13 KB of grad_z read, 86 KB of their sums and 17 KB written.
#include "kernels/net/backward_ops.cuh"
#include "kernels/net/encoder_products.cuh"
#include "kernels/net/fragments.cuh"
#include "kernels/net/transposed.cuh"

namespace boxwarp::DEVICE {

namespace {

constexpr int kMostColumnTiles = 8;  // of eight channels: C = 64

struct EncoderBack {
  FusedShape shape;
  FusedWeights weights;
  FusedActivations kept;
  BackwardScratch scratch;
  int images, boards;
  const std::uint8_t* cells;
};

// Planes from global memory into the block's shared memory, by all threads.
__device__ void copy_vectors(Bf16* to, const Bf16* from, int elements) {
  for (int i = static_cast<int>(threadIdx.x); i < elements / 8; i += static_cast<int>(blockDim.x))
    reinterpret_cast<uint4*>(to)[i] = reinterpret_cast<const uint4*>(from)[i];
}

// The gradients of a layer's gates in one step of a board: the sum over its ticks, rounded, goes to the tile, and takes the
// place of the first tick's. tick: vectors of eight from one tick to the next. A thread has 4 M vectors, M of them at a
// time: all read before anything is written, so that the loads go out together.
template <int M>
__device__ void sum_ticks(const FusedShape& shape, const CellTile& tile, uint4* gates, std::size_t tick, Bf16* to) {
  constexpr int kRows = kTileRows * M;
  const int threads = static_cast<int>(blockDim.x);
#pragma unroll 1
  for (int first = static_cast<int>(threadIdx.x); first < shape.gates() / kPlaneChannels * kRows; first += M * threads) {
    float sums[M][8] = {};
#pragma unroll 1
    for (int k = 0; k < shape.ticks; ++k) {
      const uint4* from = gates + static_cast<std::size_t>(k) * tick + static_cast<std::size_t>(first);
      uint4 eight[M];
#pragma unroll
      for (int m = 0; m < M; ++m) eight[m] = from[m * threads];
#pragma unroll
      for (int m = 0; m < M; ++m) {
        const Bf16x2 pairs[4] = {eight[m].x, eight[m].y, eight[m].z, eight[m].w};
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          sums[m][2 * j] += first_of(pairs[j]);
          sums[m][2 * j + 1] += second_of(pairs[j]);
        }
      }
    }
#pragma unroll
    for (int m = 0; m < M; ++m) {
      const float(&of)[8] = sums[m];
      const uint4 sum{pack(of[0], of[1]), pack(of[2], of[3]), pack(of[4], of[5]), pack(of[6], of[7])};
      const int i = first + m * threads;
      if (shape.ticks > 1) gates[i] = sum;
      *reinterpret_cast<uint4*>(to + (i / kRows * tile.cells() + tile.origin() + i % kRows) * kPlaneChannels) = sum;
    }
  }
}

// Block = images that read the weights once; a warp has 16 channels of them.
template <int M, int kImages>
__global__ void __launch_bounds__(SkipBlock::kMostThreads) grad_skip_kernel(const __grid_constant__ EncoderBack work) {
  const FusedShape& shape = work.shape;
  const int C = shape.channels, G = shape.gates(), lane = static_cast<int>(threadIdx.x % kWarpLanes);
  const int warp = static_cast<int>(threadIdx.x / kWarpLanes), first = static_cast<int>(blockIdx.x) * kImages;
  const ActivationIndex at{shape, work.boards};
  const CellTile tile = state_tile(shape.height, shape.width, M), grad = grad_encoder_tile(shape);
  const int elements = tile.elements(G);
  Bf16* const gates = &shared<Bf16>();
  for (int i = static_cast<int>(threadIdx.x); i < kImages * elements / 8; i += static_cast<int>(blockDim.x))
    reinterpret_cast<uint4*>(gates)[i] = uint4{0, 0, 0, 0};
  const std::size_t tick = at.gates(0, 1, 0, 0) / 8;
  TileC sums[kImages][M][2] = {};
  for (int d = 0; d < shape.layers; ++d) {
    __syncthreads();
#pragma unroll 1
    for (int i = 0; i < kImages && first + i < work.images; ++i) {
      const int image = first + i;
      Bf16* const from = work.kept.gates + at.gates(image / work.boards, 0, d, image % work.boards);
      sum_ticks<M>(shape, tile, reinterpret_cast<uint4*>(from), tick, gates + i * elements);
    }
    __syncthreads();
    transposed(warp, lane, tile, C, pair_order(shape),
               work.weights.input_back + static_cast<std::size_t>(d) * input_elements(shape), gates, sums);
  }
#pragma unroll
  for (int i = 0; i < kImages; ++i) {
    const int image = forgotten(first + i);
    if (image >= work.images) break;
    const auto number = static_cast<std::size_t>(image);
    const float* features = work.scratch.grad_features + number * static_cast<std::size_t>(shape.features());
    Bf16* to = work.scratch.grad_skip + number * static_cast<std::size_t>(grad.elements(C));
    float* bias = work.scratch.image_bias + number * static_cast<std::size_t>(C);
#pragma unroll
    for (int j = 0; j < 2; ++j) {
      const int channel = sum_channel(2 * warp + j, lane, 0);
      float2 heads[M][2];  // all read before anything is written: the loads go out together
      const auto each_cell = [&](auto&& visit) {
#pragma unroll
        for (int m = 0; m < M; ++m) {
#pragma unroll
          for (int half = 0; half < 2; ++half) {
            const int row = sum_row(m, lane, 2 * half);
            if (tile.on_board(row)) visit(m, half, tile.y_of(row), tile.x_of(row));
          }
        }
      };
      each_cell([&](int m, int half, int y, int x) {
        heads[m][half] = *reinterpret_cast<const float2*>(features + (y * shape.width + x) * C + channel);
      });
      float2 sum{0, 0};
      each_cell([&](int m, int half, int y, int x) {
        const float* of_gates = sums[i][m][j].x + 2 * half;
        const float2 e{of_gates[0] + heads[m][half].x, of_gates[1] + heads[m][half].y};
        sum.x += e.x;
        sum.y += e.y;
        *reinterpret_cast<Bf16x2*>(to + grad.at(channel, grad.cell(y, x))) = pack(e.x, e.y);
      });
      for (int distance = 16; distance >= 4; distance /= 2) {
        sum.x += __shfl_xor_sync(kWholeWarp, sum.x, distance);
        sum.y += __shfl_xor_sync(kWholeWarp, sum.y, distance);
      }
      if (lane < 4) *reinterpret_cast<float2*>(bias + channel) = sum;
    }
  }
}

__global__ void __launch_bounds__(kMostBackThreads, 2) grad_first_kernel(const __grid_constant__ EncoderBack work) {
  const FusedShape& shape = work.shape;
  const int C = shape.channels, lane = static_cast<int>(threadIdx.x % kWarpLanes);
  const int warp = static_cast<int>(threadIdx.x / kWarpLanes);
  const CellTile tile = grad_encoder_tile(shape);
  Bf16* const grad = &shared<Bf16>();
  copy_vectors(grad, work.scratch.grad_skip + std::size_t{blockIdx.x} * static_cast<std::size_t>(tile.elements(C)),
               tile.elements(C));
  __syncthreads();
  Bf16* to = work.scratch.grad_first + std::size_t{blockIdx.x} * static_cast<std::size_t>(C * tile.rows());
  const EncoderPart mine(C, warp);
  for (int begin = mine.begin; begin < tile.m_tiles; begin += kEncoderStep) {
    TileC sums[kEncoderGroup][2] = {};
    encoder_products<Taps::back>(shape, tile, shape.encoder().before, grad, work.weights.encoder_back, mine.pair, lane,
                                 begin, sums);
#pragma unroll
    for (int i = 0; i < kEncoderGroup; ++i) {
      if (begin + i >= tile.m_tiles) break;
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int row = sum_row(begin + i, lane, 2 * half);
        const bool cell = tile.on_board(row);
#pragma unroll
        for (int j = 0; j < 2; ++j)
          *reinterpret_cast<Bf16x2*>(to + ((2 * mine.pair + j) * tile.rows() + row) * kPlaneChannels + lane % 4 * 2) =
              cell ? pack(sums[i][j].x[2 * half], sums[i][j].x[2 * half + 1]) : 0u;
      }
    }
  }
}

// Shared memory: grad_first of an image, then the codes with a margin.
__global__ void __launch_bounds__(kMostBackThreads, 2)
    grad_table_kernel(const __grid_constant__ EncoderBack work, int slices, bool adds) {
  const FusedShape& shape = work.shape;
  const int C = shape.channels, E = shape.encoder_kernel, lane = static_cast<int>(threadIdx.x % kWarpLanes);
  const int warp = static_cast<int>(threadIdx.x / kWarpLanes), quad = lane / 4, pair = lane % 4 * 2;
  const CellTile tile = shape.encoder();
  const int rows = tile.rows(), items = work.images, slice = static_cast<int>(blockIdx.x);
  const int begin = static_cast<int>(std::int64_t{items} * slice / slices);
  const int end = static_cast<int>(std::int64_t{items} * (slice + 1) / slices);
  Bf16* const grad = &shared<Bf16>();
  auto* const codes = reinterpret_cast<std::uint8_t*>(grad + C * rows);
  for (int i = static_cast<int>(threadIdx.x); i < tile.cells(); i += static_cast<int>(blockDim.x))
    codes[i] = static_cast<std::uint8_t>(kOutsideCode);
  const auto tap_of = [&](int which) { return 2 * warp + which; };
  int offsets[2];
  bool exists[2];
#pragma unroll
  for (int which = 0; which < 2; ++which) {
    exists[which] = tap_of(which) < shape.encoder_taps();
    offsets[which] = exists[which] ? tile.offset(tap_of(which) / E - tile.before, tap_of(which) % E - tile.before) : 0;
  }
  for (int channel = static_cast<int>(threadIdx.x); channel < C; channel += static_cast<int>(blockDim.x)) {
    float& part = work.scratch.skip_bias[slice * C + channel];
    float sum = adds ? part : 0.0f;
#pragma unroll 8
    for (int item = begin; item < end; ++item)
      sum +=
          work.scratch
              .image_bias[static_cast<std::size_t>(item) * static_cast<std::size_t>(C) + static_cast<std::size_t>(channel)];
    part = sum;
  }
  TileC sums[kMostColumnTiles] = {};
  for (int item = begin; item < end; ++item) {
    __syncthreads();
    copy_vectors(grad, work.scratch.grad_first + static_cast<std::size_t>(item) * static_cast<std::size_t>(C * rows),
                 C * rows);
    const std::uint8_t* cells = work.cells + static_cast<std::size_t>(item) * static_cast<std::size_t>(shape.cells());
    for (int i = static_cast<int>(threadIdx.x); i < shape.cells(); i += static_cast<int>(blockDim.x))
      codes[tile.cell(i / shape.width, i % shape.width)] =
          cells[i] < kCellCodes ? cells[i] : static_cast<std::uint8_t>(kOutsideCode);
    __syncthreads();
    for (int m = 0; m < tile.m_tiles; ++m) {
      // Row quad of the left operand is code quad under the warp's first tap, row quad + 8 under its second.
      const auto ones = [&](int which, int row) {
        const std::uint8_t* two = codes + tile.origin() + m * kTileRows + row + offsets[which];
        if (!exists[which]) return 0u;
        return (two[0] == quad ? 0x3f80u : 0u) | (two[1] == quad ? 0x3f800000u : 0u);
      };
      const TileA left{{ones(0, pair), ones(1, pair), ones(0, pair + 8), ones(1, pair + 8)}};
#pragma unroll
      for (int j = 0; j < kMostColumnTiles; j += 2) {
        if (j * kPlaneChannels >= C) break;
        const FourTiles right =
            load_tiles_transposed(grad + ((j + lane / 16) * rows + m * kTileRows + lane % 16) * kPlaneChannels);
        multiply_tiles(sums[j], left, {{right.reg[0], right.reg[1]}});
        multiply_tiles(sums[j + 1], left, {{right.reg[2], right.reg[3]}});
      }
    }
  }
#pragma unroll
  for (int j = 0; j < kMostColumnTiles; ++j) {
    if (j * kPlaneChannels >= C) break;
#pragma unroll
    for (int which = 0; which < 2; ++which) {
      if (!exists[which]) continue;
      const int row = (slice * shape.encoder_taps() + tap_of(which)) * kTableCodes + quad;
      float2& part =
          *reinterpret_cast<float2*>(work.scratch.table + static_cast<std::size_t>(row * C + j * kPlaneChannels + pair));
      const float2 before = adds ? part : float2{0, 0};
      part = {before.x + sums[j].x[2 * which], before.y + sums[j].x[2 * which + 1]};
    }
  }
}

}  // namespace

void skip_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const Stretch& stretch,
                   const FusedActivations& kept, const BackwardScratch& scratch) {
  const EncoderBack work{shape, weights, kept, scratch, stretch.images(), stretch.boards, nullptr};
  const auto images = static_cast<unsigned>(stretch.images()), threads = static_cast<unsigned>(shape.warps()) * kWarpLanes;
  const auto bytes = [](int elements) { return static_cast<std::size_t>(elements) * sizeof(Bf16); };
  const SkipBlock block{shape};
  const int each = block.images(stretch.images(), device_limits(executor).shared_bytes);
  const auto few = each == 2 ? grad_skip_kernel<4, 2> : grad_skip_kernel<4, 1>;
  const auto many = each == 2 ? grad_skip_kernel<7, 2> : grad_skip_kernel<7, 1>;
  launch(executor, "grad_skip", shape.m_tiles == 4 ? few : many,
         Geometry{.blocks = (images + static_cast<unsigned>(each) - 1) / static_cast<unsigned>(each),
                  .threads = static_cast<unsigned>(block.threads()),
                  .shared_bytes = block.bytes(each)},
         work);
  launch(executor, "grad_first", grad_first_kernel,
         Geometry{
             .blocks = images, .threads = threads, .shared_bytes = bytes(grad_encoder_tile(shape).elements(shape.channels))},
         work);
}

void table_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch, const std::uint8_t* cells,
                    const BackwardScratch& scratch) {
  const EncoderBack work{shape, {}, {}, scratch, stretch.images(), stretch.boards, cells};
  const int slices = table_slices(stretch);
  const CellTile tile = shape.encoder();
  launch(executor, "grad_table", grad_table_kernel,
         Geometry{.blocks = static_cast<unsigned>(slices),
                  .threads = static_cast<unsigned>((shape.encoder_taps() + 1) / 2) * kWarpLanes,
                  .shared_bytes = static_cast<std::size_t>(shape.channels * tile.rows()) * sizeof(Bf16) +
                                  static_cast<std::size_t>(tile.cells())},
         work, slices, stretch.adds);
}

}  // namespace boxwarp::DEVICE
