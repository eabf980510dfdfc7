// Gradients of convolution weights over all steps, ticks and boards:
//
//   grad_W[tap, x, column] = sum over items and cells of in[x, cell + tap] * grad_out[column, cell]
//
// A product whose depth is the cells: both operands lie with the cell as the row of 16 bytes, so ldmatrix turns them. Block
// = (layer, group of columns, taps that its warps have room for, slice of the items); a warp has 16 inputs and some tiles of
// columns for a few taps, so that a fragment of grad_out serves each tap. Items arrive in two stages of shared memory. Each
// slice is summed in the order of its items and written out; whoever needs the gradient adds the slices in their order.
//
// DRC(3,3), recurrent: 14.7 MFLOP of an item and layer; two blocks read 32 KB each, half of the gates and all of h and p.
#include "kernels/net/backward_ops.cuh"

namespace boxwarp::DEVICE {

namespace {

enum class Of { recurrent, input, encoder };

struct WeightGradient {
  FusedShape shape;
  FusedActivations kept;  // gates: their gradients
  const Bf16* grad_skip;
  int boards;
  int items, slices;
  bool adds;
  int most_slices;  // for which there is room
  float* parts;     // (D, most_slices, taps, inputs, columns)
};

// Where an item's operands are. Planes of the left one are the tile's, of the right one `plane` apart, from row 0 on.
struct Operands {
  const Bf16* lower;  // the first C inputs
  const Bf16* upper;  // further C, or null
  const Bf16* right;
};

template <Of kOf>
struct Task {
  const WeightGradient& work;
  int d;

  __device__ CellTile tile() const { return kOf == Of::encoder ? work.shape.encoder() : work.shape.state(); }
  __device__ int inputs() const { return kOf == Of::recurrent ? work.shape.inputs() : work.shape.channels; }
  __device__ int columns() const { return kOf == Of::encoder ? work.shape.channels : work.shape.gates(); }
  __device__ int taps() const { return kOf == Of::encoder ? work.shape.encoder_taps() : kTapCount; }
  __device__ int offset(int tap) const {
    if (kOf != Of::encoder) return tile().offset(tap);
    const int E = work.shape.encoder_kernel, before = tile().before;
    return tile().offset(tap / E - before, tap % E - before);
  }
  __device__ int right_plane() const {
    return kOf == Of::encoder ? grad_encoder_tile(work.shape).cells() * kPlaneChannels
                              : GateGradients{work.shape.m_tiles}.plane();
  }
  __device__ Operands operands(int item) const {
    const ActivationIndex at{work.shape, work.boards};
    const int b = item % work.boards, n = item / work.boards;
    if (kOf == Of::encoder) {
      const CellTile grad = grad_encoder_tile(work.shape);
      return {work.kept.first + at.first(n, b), nullptr,
              work.grad_skip + at.step(n, b) * static_cast<std::size_t>(grad.elements(work.shape.channels)) +
                  grad.origin() * kPlaneChannels};
    }
    if (kOf == Of::input) return {work.kept.skip + at.skip(n, b), nullptr, work.kept.gates + at.gates(n, 0, d, b)};
    const int K = work.shape.ticks, t = n / K, k = n % K;
    const Bf16* own = work.kept.hidden + at.hidden(t, k, d, b);
    const Bf16* right = work.kept.gates + at.gates(t, k, d, b);
    if (work.shape.layers == 1) return {own, nullptr, right};
    return {work.kept.hidden + (d > 0 ? at.hidden(t, k + 1, d - 1, b) : at.hidden(t, k, work.shape.layers - 1, b)), own,
            right};
  }
};

// kTaps, kTiles of eight columns: of a warp.
template <Of kOf, int kTaps, int kTiles>
__global__ void __launch_bounds__(WeightBlocks::kMostWarps* kWarpLanes, 1)
    grad_weights_kernel(const __grid_constant__ WeightGradient work) {
  constexpr int kColumns = kTiles * kPlaneChannels;
  const int lane = static_cast<int>(threadIdx.x % kWarpLanes), warp = static_cast<int>(threadIdx.x / kWarpLanes);
  const int C = work.shape.channels;
  Task<kOf> task{work, 0};
  const int X = task.inputs(), N = task.columns();
  const WeightBlocks blocks(X, N, task.taps(), kTaps, kColumns);
  int block = static_cast<int>(blockIdx.x);
  const int slice = block % work.slices;
  block /= work.slices;
  const int first_column = block % blocks.column_blocks * kColumns;
  block /= blocks.column_blocks;
  const int first_tap = (block % blocks.tap_blocks * blocks.together + warp / blocks.down) * kTaps;
  task.d = block / blocks.tap_blocks;

  const CellTile tile = task.tile();
  const int rows = tile.rows(), left_elements = tile.elements(X);
  const int stage_elements = left_elements + kTiles * rows * kPlaneChannels;
  Bf16* const stages = &shared<Bf16>();
  const int begin = static_cast<int>(std::int64_t{work.items} * slice / work.slices);
  const int end = static_cast<int>(std::int64_t{work.items} * (slice + 1) / work.slices);

  const auto start = [&](int item) {
    if (item < end) {
      Bf16* const stage = stages + (item - begin) % 2 * stage_elements;
      const Operands from = task.operands(item);
      const int lower = tile.elements(C) / 8, all = left_elements / 8;
      for (int i = static_cast<int>(threadIdx.x); i < all; i += static_cast<int>(blockDim.x))
        copy_later(stage + 8 * i, i < lower ? from.lower + 8 * i : from.upper + 8 * (i - lower));
      Bf16* const right = stage + left_elements;
      const Bf16* const planes = from.right + first_column / kPlaneChannels * task.right_plane();
      for (int i = static_cast<int>(threadIdx.x); i < kTiles * rows; i += static_cast<int>(blockDim.x))
        copy_later(right + 8 * i, planes + i / rows * task.right_plane() + i % rows * kPlaneChannels);
    }
    close_copies();
  };

  const int x = warp % blocks.down * kTileDepth;  // the warp's first input
  // Of the left operand's 16 inputs and 16 cells, ldmatrix turns tiles (inputs 0, cells 0), (8, 0), (0, 8), (8, 8).
  const int left_start = tile.at(x + lane / 8 % 2 * kPlaneChannels, tile.origin() + lane % 8 + lane / 16 * 8);
  const int right_start = lane / 16 * rows * kPlaneChannels + lane % 16 * kPlaneChannels;
  TileC sums[kTaps][kTiles] = {};
  start(begin);
  for (int item = begin; item < end; ++item) {
    start(item + 1);
    wait_for_copies<1>();
    __syncthreads();
    const Bf16* left = stages + (item - begin) % 2 * stage_elements;
    const Bf16* right = left + left_elements + right_start;
    left += left_start;
#pragma unroll 1
    for (int m = 0; m < tile.m_tiles; ++m) {
      TileB b[kTiles];
#pragma unroll
      for (int j = 0; j < kTiles; j += 2) {
        const FourTiles four = load_tiles_transposed(right + (j * rows + m * kTileRows) * kPlaneChannels);
        b[j] = {{four.reg[0], four.reg[1]}};
        b[j + 1] = {{four.reg[2], four.reg[3]}};
      }
#pragma unroll
      for (int tap = 0; tap < kTaps; ++tap) {
        if (first_tap + tap >= task.taps()) break;
        const FourTiles four = load_tiles_transposed(left + (task.offset(first_tap + tap) + m * kTileRows) * kPlaneChannels);
        const TileA a{{four.reg[0], four.reg[1], four.reg[2], four.reg[3]}};
#pragma unroll
        for (int j = 0; j < kTiles; ++j) multiply_tiles(sums[tap][j], a, b[j]);
      }
    }
    __syncthreads();
  }

  float* parts = work.parts +
                 static_cast<std::size_t>(task.d * work.most_slices + slice) * static_cast<std::size_t>(task.taps() * X * N);
#pragma unroll
  for (int tap = 0; tap < kTaps; ++tap) {
    if (first_tap + tap >= task.taps()) break;
#pragma unroll
    for (int j = 0; j < kTiles; ++j) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int row = x + half * 8 + lane / 4, column = first_column + j * kPlaneChannels + lane % 4 * 2;
        float2& part =
            *reinterpret_cast<float2*>(parts + static_cast<std::size_t>(((first_tap + tap) * X + row) * N + column));
        const float2 before = work.adds ? part : float2{0, 0};
        part = {before.x + sums[tap][j].x[2 * half], before.y + sums[tap][j].x[2 * half + 1]};
      }
    }
  }
}

template <Of kOf, int kTaps, int kTiles>
void run(Executor& executor, const char* name, const WeightGradient& work, int layers, int inputs, int columns, int taps,
         const CellTile& tile) {
  constexpr int kColumns = kTiles * kPlaneChannels;
  const WeightBlocks blocks(inputs, columns, taps, kTaps, kColumns);
  launch(executor, name, grad_weights_kernel<kOf, kTaps, kTiles>,
         Geometry{.blocks = static_cast<unsigned>(layers * blocks.tap_blocks * blocks.column_blocks * work.slices),
                  .threads = static_cast<unsigned>(blocks.warps()) * kWarpLanes,
                  .shared_bytes = weight_operand_bytes(tile, inputs, kColumns)},
         work);
}

template <Of kOf>
void run_layers(Executor& executor, const char* name, const FusedShape& shape, const WeightGradient& work, int inputs) {
  run<kOf, kWeightTaps, kWeightColumns / kPlaneChannels>(executor, name, work, shape.layers, inputs, shape.gates(),
                                                         kTapCount, shape.state());
}

}  // namespace

void recurrent_weight_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch,
                               const FusedActivations& kept, const BackwardScratch& scratch) {
  const int slices = recurrent_slices(shape, stretch, device_limits(executor).multiprocessors);
  run_layers<Of::recurrent>(executor, "grad_recurrent_weights", shape,
                            {shape, kept, nullptr, stretch.boards, stretch.images() * shape.ticks, slices, stretch.adds,
                             most_slices(shape, shape.inputs()), scratch.recurrent},
                            shape.inputs());
}

void input_weight_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch, const FusedActivations& kept,
                           const BackwardScratch& scratch) {
  const int slices = input_slices(shape, stretch, device_limits(executor).multiprocessors);
  run_layers<Of::input>(executor, "grad_input_weights", shape,
                        {shape, kept, nullptr, stretch.boards, stretch.images(), slices, stretch.adds,
                         most_slices(shape, shape.channels), scratch.input},
                        shape.channels);
}

void encoder_weight_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch,
                             const FusedActivations& kept, const BackwardScratch& scratch) {
  run<Of::encoder, 4, 2>(executor, "grad_encoder_weights",
                         {shape, kept, scratch.grad_skip, stretch.boards, stretch.images(), encoder_slices(stretch),
                          stretch.adds, kEncoderSlices, scratch.encoder},
                         1, shape.channels, shape.channels, shape.encoder_taps(), shape.encoder());
}

}  // namespace boxwarp::DEVICE
