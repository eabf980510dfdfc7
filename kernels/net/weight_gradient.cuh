// What a block of weight_gradient.cu does, and the two ways in which its warps multiply: mma.sync, and wgmma.
#pragma once

#include "kernels/net/backward_ops.cuh"
#include "kernels/warpgroup.cuh"

namespace boxwarp::DEVICE {

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

// An item's operands in shared memory, for a warp.
struct StageOperands {
  const Bf16* left;   // the item's tile
  const Bf16* right;  // planes of eight columns, tile.rows() rows each
  int down;           // the warp's number among those along the inputs
};

// Sums of a warp: 16 inputs from 16 * down on, kTiles of eight columns, kTaps taps. x[tap][j][half][i] is row half * 8 +
// lane / 4, column 8 j + lane % 4 * 2 + i.
template <int kTaps, int kTiles>
class MmaWeightSums {
 public:
  static constexpr bool kByWarpgroup = false;

  template <class Task>
  __device__ void add(const Task& task, const CellTile& tile, int first_tap, const StageOperands& stage) {
    const int lane = static_cast<int>(threadIdx.x % kWarpLanes), rows = tile.rows();
    // Of the left operand's 16 inputs and 16 cells, ldmatrix turns tiles (inputs 0, cells 0), (8, 0), (0, 8), (8, 8).
    const Bf16* left = stage.left + tile.at(stage.down * kTileDepth + lane / 8 % 2 * kPlaneChannels,
                                            tile.origin() + lane % 8 + lane / 16 * 8);
    const Bf16* right = stage.right + lane / 16 * rows * kPlaneChannels + lane % 16 * kPlaneChannels;
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
        for (int j = 0; j < kTiles; ++j) multiply_tiles(sums_[tap][j], a, b[j]);
      }
    }
  }

  __device__ float2 pair(int tap, int j, int half) const {
    return {sums_[tap][j].x[2 * half], sums_[tap][j].x[2 * half + 1]};
  }

 private:
  TileC sums_[kTaps][kTiles] = {};
};

// The same sums in the same lanes, of 64 inputs by a warpgroup. Both operands lie with eight channels of a cell in a piece.
template <int kTaps, int kTiles>
class WgmmaWeightSums {
 public:
  static constexpr bool kByWarpgroup = true;

  template <class Task>
  __device__ void add(const Task& task, const CellTile& tile, int first_tap, const StageOperands& stage) {
    const int left_plane = tile.cells() * kPieceBytes, right_plane = tile.rows() * kPieceBytes;
    const Bf16* left = stage.left + tile.at(stage.down / kWarpgroupWarps * kWarpgroupRows, tile.origin());
    const Bf16* right = stage.right;
    open_products();
#pragma unroll 1
    for (int m = 0; m < tile.m_tiles; ++m) {
      const WarpgroupOperand columns = operand_at(right, right_plane, kEightPieces);
#pragma unroll
      for (int tap = 0; tap < kTaps; ++tap)
        multiply_turned_later(
            sums_[tap], operand_at(left + task.offset(first_tap + tap) * kPlaneChannels, left_plane, kEightPieces), columns);
      left += kTileRows * kPlaneChannels;
      right += kTileRows * kPlaneChannels;
    }
    close_products();
    wait_for_products<0>();
#pragma unroll
    for (int tap = 0; tap < kTaps; ++tap) touch(sums_[tap]);
  }

  __device__ float2 pair(int tap, int j, int half) const {
    const float* of = sums_[tap].x + 4 * j + 2 * half;
    return {of[0], of[1]};
  }

 private:
  static constexpr int kPieceBytes = kPlaneChannels * 2;

  WarpgroupSums<kTiles * kPlaneChannels> sums_[kTaps] = {};
};

// kTaps, kTiles of eight columns: of a warp, whose sums are Sums<kTaps, kTiles>.
template <Of kOf, int kTaps, int kTiles, template <int, int> class Sums>
__device__ inline void sum_weights(const WeightGradient& work) {
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

  Sums<kTaps, kTiles> sums;
  start(begin);
  for (int item = begin; item < end; ++item) {
    start(item + 1);
    wait_for_copies<1>();
    if constexpr (Sums<kTaps, kTiles>::kByWarpgroup) show_to_products();
    __syncthreads();
    const Bf16* stage = stages + (item - begin) % 2 * stage_elements;
    sums.add(task, tile, first_tap, {stage, stage + left_elements, warp % blocks.down});
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
        const int row = warp % blocks.down * kTileDepth + half * 8 + lane / 4,
                  column = first_column + j * kPlaneChannels + lane % 4 * 2;
        float2& part =
            *reinterpret_cast<float2*>(parts + static_cast<std::size_t>(((first_tap + tap) * X + row) * N + column));
        const float2 before = work.adds ? part : float2{0, 0}, sum = sums.pair(tap, j, half);
        part = {before.x + sum.x, before.y + sum.y};
      }
    }
  }
}

// grad_recurrent_weights of networks whose products are by warpgroups (weight_gradient_wgmma.cu).
void recurrent_weight_gradient_wgmma(Executor& executor, const Geometry& geometry, const WeightGradient& work);

}  // namespace boxwarp::DEVICE
