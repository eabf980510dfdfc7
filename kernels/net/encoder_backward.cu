// From the gradients of a step's gates back through e to the encoder's weights:
//
//   grad_e     = grad_z + sum over layers of the transposed convolution of grad_gates with W_e
//   grad_first = transposed convolution of grad_e with the second layer's weights
//   grad_table[tap, code] = sum of grad_first over the cells that have that code under that tap
//
// The last is a product as well: of a matrix with a one where a cell has a code under a tap, which is made in registers from
// the codes. Block = one board of one step, C / 8 warps with eight channels each; for the table one slice of these, a warp
// for each two taps. Bytes of DRC(3,3) and image: 86 KB of gates and 13 KB of grad_z read, 17 KB written and read again.
#include "kernels/net/backward_ops.cuh"
#include "kernels/net/transposed.cuh"

namespace boxwarp::DEVICE {

namespace {

constexpr int kMostThreads = 256;
static_assert(kMostThreads == 64 / kPlaneChannels * static_cast<int>(kWarpLanes), "as many as 64 channels take");
constexpr int kGroup = 4;            // m-tiles of the encoder that are summed at a time
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

template <int M>
__global__ void __launch_bounds__(kMostThreads, 2) grad_skip_kernel(const __grid_constant__ EncoderBack work) {
  const FusedShape& shape = work.shape;
  const int C = shape.channels, G = shape.gates(), lane = static_cast<int>(threadIdx.x % kWarpLanes);
  const int warp = static_cast<int>(threadIdx.x / kWarpLanes), channel = sum_channel(warp, lane, 0);
  const int t = static_cast<int>(blockIdx.x) / work.boards, b = static_cast<int>(blockIdx.x) % work.boards;
  const ActivationIndex at{shape, work.boards};
  const CellTile tile = state_tile(shape.height, shape.width, M), grad = grad_encoder_tile(shape);
  constexpr int kRows = kTileRows * M;
  Bf16* const gates = &shared<Bf16>();
  for (int i = static_cast<int>(threadIdx.x); i < tile.elements(G) / 8; i += static_cast<int>(blockDim.x))
    reinterpret_cast<uint4*>(gates)[i] = uint4{0, 0, 0, 0};
  TileC sums[1][M][1] = {};
  for (int d = 0; d < shape.layers; ++d) {
    __syncthreads();
    const Bf16* from = work.kept.gates + at.gates(t, 0, d, b);
    for (int i = static_cast<int>(threadIdx.x); i < G / kPlaneChannels * kRows; i += static_cast<int>(blockDim.x))
      *reinterpret_cast<uint4*>(gates + (i / kRows * tile.cells() + tile.origin() + i % kRows) * kPlaneChannels) =
          reinterpret_cast<const uint4*>(from)[i];
    __syncthreads();
    transposed(warp, lane, tile, C, work.weights.input_back + static_cast<std::size_t>(d) * input_elements(shape), gates,
               sums);
  }
  const float* features = work.scratch.grad_features + at.features(t, b);
  Bf16* to = work.scratch.grad_skip + at.step(t, b) * static_cast<std::size_t>(grad.elements(C));
  float bias[2] = {};
#pragma unroll
  for (int m = 0; m < M; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = sum_row(m, lane, 2 * half);
      if (!tile.on_board(row)) continue;
      const int y = tile.y_of(row), x = tile.x_of(row);
      const float2 head = *reinterpret_cast<const float2*>(features + (y * shape.width + x) * C + channel);
      const float first = sums[0][m][0].x[2 * half] + head.x, second = sums[0][m][0].x[2 * half + 1] + head.y;
      bias[0] += first;
      bias[1] += second;
      *reinterpret_cast<Bf16x2*>(to + grad.at(channel, grad.cell(y, x))) = pack(first, second);
    }
  }
#pragma unroll
  for (int which = 0; which < 2; ++which) {
    for (int distance = 16; distance >= 4; distance /= 2) bias[which] += __shfl_xor_sync(kWholeWarp, bias[which], distance);
    if (lane < 4)
      work.scratch.skip_bias[at.step(t, b) * static_cast<std::size_t>(C) + static_cast<std::size_t>(channel + which)] =
          bias[which];
  }
}

__global__ void __launch_bounds__(kMostThreads, 4) grad_first_kernel(const __grid_constant__ EncoderBack work) {
  const FusedShape& shape = work.shape;
  const int C = shape.channels, E = shape.encoder_kernel, lane = static_cast<int>(threadIdx.x % kWarpLanes);
  const int warp = static_cast<int>(threadIdx.x / kWarpLanes), k_tiles = C / kTileDepth;
  const CellTile forward = shape.encoder(), tile = grad_encoder_tile(shape);
  const RightOrder order = encoder_order(shape);
  Bf16* const grad = &shared<Bf16>();
  copy_vectors(grad, work.scratch.grad_skip + std::size_t{blockIdx.x} * static_cast<std::size_t>(tile.elements(C)),
               tile.elements(C));
  __syncthreads();
  const Bf16* start = grad + tile.at(left_channel(lane), tile.origin() + left_cell(lane));
  Bf16* to = work.scratch.grad_first + std::size_t{blockIdx.x} * static_cast<std::size_t>(C * tile.rows()) +
             warp * tile.rows() * kPlaneChannels + lane % 4 * 2;
  for (int begin = 0; begin < tile.m_tiles; begin += kGroup) {
    TileC sums[kGroup] = {};
    for (int k_tile = 0; k_tile < shape.encoder_taps() * k_tiles; ++k_tile) {
      const int tap = k_tile / k_tiles;
      const uint2 two = reinterpret_cast<const uint2*>(work.weights.encoder_back + k_tile * order.tile_elements() +
                                                       warp * order.warp_elements())[lane];
      const TileB right{{two.x, two.y}};
      const int offset = tile.offset(tap / E - forward.before, tap % E - forward.before);
      const Bf16* rows = start + (k_tile % k_tiles * 2 * tile.cells() - offset) * kPlaneChannels;
#pragma unroll
      for (int i = 0; i < kGroup; ++i) {
        if (begin + i >= tile.m_tiles) break;
        const FourTiles four = load_tiles(rows + (begin + i) * kTileRows * kPlaneChannels);
        multiply_tiles(sums[i], {{four.reg[0], four.reg[1], four.reg[2], four.reg[3]}}, right);
      }
    }
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      if (begin + i >= tile.m_tiles) break;
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int row = sum_row(begin + i, lane, 2 * half);
        *reinterpret_cast<Bf16x2*>(to + row * kPlaneChannels) =
            tile.on_board(row) ? pack(sums[i].x[2 * half], sums[i].x[2 * half + 1]) : 0u;
      }
    }
  }
}

// Shared memory: grad_first of an image, then the codes with a margin.
__global__ void __launch_bounds__(kMostThreads, 2)
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
  const Geometry first{.blocks = images, .threads = threads, .shared_bytes = bytes(shape.state().elements(shape.gates()))};
  if (shape.m_tiles == 4)
    launch(executor, "grad_skip", grad_skip_kernel<4>, first, work);
  else
    launch(executor, "grad_skip", grad_skip_kernel<7>, first, work);
  launch(executor, "grad_first", grad_first_kernel,
         Geometry{
             .blocks = images, .threads = threads, .shared_bytes = bytes(grad_encoder_tile(shape).elements(shape.channels))},
         work);
}

void table_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch, const std::uint8_t* cells,
                    const BackwardScratch& scratch) {
  const EncoderBack work{shape, {}, {}, scratch, stretch.images(), stretch.boards, cells};
  const int slices = encoder_slices(stretch);
  const CellTile tile = shape.encoder();
  launch(executor, "grad_table", grad_table_kernel,
         Geometry{.blocks = static_cast<unsigned>(slices),
                  .threads = static_cast<unsigned>((shape.encoder_taps() + 1) / 2) * kWarpLanes,
                  .shared_bytes = static_cast<std::size_t>(shape.channels * tile.rows()) * sizeof(Bf16) +
                                  static_cast<std::size_t>(tile.cells())},
         work, slices, stretch.adds);
}

}  // namespace boxwarp::DEVICE
