// How the way back of the fused network is shared out: steps in stretches, boards and sums over them in blocks.
#pragma once

#include "kernels/net/fused_memory.hpp"

namespace boxwarp {

// Steps that the way back goes through together: the whole unroll, or a part of it after those that come later.
struct Stretch {
  int steps, boards;
  int most_steps;  // of any stretch of the unroll: all of them are cut into as many slices
  bool adds;       // to the sums that later steps have left

  HOST_DEVICE constexpr int images() const { return steps * boards; }
};

// Sums over ticks and boards are cut into slices, each of which a block adds up; slices are added in order. Bits follow from
// their number, which follows from the shapes and the device.
inline constexpr int kMostSlices = 22;      // of the layers' weights, whose parts are large; more of smaller blocks
inline constexpr int kFewestSlices = 4;     // if there are as many items
inline constexpr int kInjectedSlices = 12;  // of the sums by class
inline constexpr int kEncoderSlices = 64;   // of the encoder's second layer
inline constexpr int kTableSlices = 128;    // of its first, and of the bias

HOST_DEVICE constexpr int slices_of(int items, int most) { return items < most ? items : most; }

// How the gradient of a convolution's weights is shared out. A warp has 16 inputs, some columns and a few taps; a block has
// all inputs, the columns of one warp, and as many taps as its warps can take: for all of them it brings its operands once.
struct WeightBlocks {
  static constexpr int kMostWarps = 12;

  int down, together;             // warps of a block: along the inputs and along the taps
  int tap_blocks, column_blocks;  // of a slice

  // warp_taps, warp_columns: of a warp.
  HOST_DEVICE constexpr WeightBlocks(int inputs, int columns, int taps, int warp_taps, int warp_columns)
      : down(inputs / kTileDepth), together(0), tap_blocks(0), column_blocks(columns / warp_columns) {
    const int groups = (taps + warp_taps - 1) / warp_taps;
    for (int n = 1; n <= groups && n * down <= kMostWarps; ++n)
      if (groups % n == 0) together = n;
    tap_blocks = groups / together;
  }
  HOST_DEVICE constexpr int warps() const { return down * together; }
  HOST_DEVICE constexpr int side_by_side() const { return kMostWarps / warps(); }  // on a multiprocessor
};

// Of the layers' weights:
inline constexpr int kWeightTaps = 3, kWeightColumns = 64;
HOST_DEVICE constexpr WeightBlocks weight_blocks(const FusedShape& shape, int inputs) {
  return {inputs, shape.gates(), kTapCount, kWeightTaps, kWeightColumns};
}
HOST_DEVICE constexpr int most_slices(const FusedShape& shape, int inputs) {
  return kMostSlices * weight_blocks(shape, inputs).side_by_side();
}
// As many as fill the device once with blocks: one block more would be waited for alone.
HOST_DEVICE constexpr int weight_slices(const FusedShape& shape, int inputs, int items, int multiprocessors) {
  const WeightBlocks blocks = weight_blocks(shape, inputs);
  const int most = most_slices(shape, inputs);
  const int fit = multiprocessors * blocks.side_by_side() / (shape.layers * blocks.tap_blocks * blocks.column_blocks);
  return slices_of(items, fit < kFewestSlices ? kFewestSlices : fit < most ? fit : most);
}
HOST_DEVICE constexpr int recurrent_slices(const FusedShape& shape, const Stretch& stretch, int multiprocessors) {
  return weight_slices(shape, shape.inputs(), stretch.most_steps * stretch.boards * shape.ticks, multiprocessors);
}
HOST_DEVICE constexpr int input_slices(const FusedShape& shape, const Stretch& stretch, int multiprocessors) {
  return weight_slices(shape, shape.channels, stretch.most_steps * stretch.boards, multiprocessors);
}
HOST_DEVICE constexpr int injected_slices(const FusedShape& shape, const Stretch& stretch) {  // of 16 ticks and boards
  return slices_of((stretch.most_steps * stretch.boards * shape.ticks + kTileDepth - 1) / kTileDepth, kInjectedSlices);
}
HOST_DEVICE constexpr int encoder_slices(const Stretch& stretch) {
  return slices_of(stretch.most_steps * stretch.boards, kEncoderSlices);
}
HOST_DEVICE constexpr int table_slices(const Stretch& stretch) {
  return slices_of(stretch.most_steps * stretch.boards, kTableSlices);
}

// ---- the unroll in reverse: one board a block, or two that read the weights once

inline constexpr int kMostBackThreads = 256;  // of a block, with as many registers as there are
static_assert(kMostBackThreads == 64 / kPlaneChannels * 32, "as many as 64 channels take");

struct BackBlock {
  FusedShape shape;

  HOST_DEVICE constexpr int tile_elements() const { return shape.state().elements(shape.gates()); }  // grad_gates of a board
  HOST_DEVICE constexpr int sums() const { return kTapCount * shape.gates(); }                       // by class; by tap
  HOST_DEVICE constexpr int threads() const { return shape.warps() * 32; }
  HOST_DEVICE constexpr int side_by_side() const { return kMostBackThreads / threads(); }  // blocks, as registers allow
  constexpr std::size_t bytes(int boards) const {
    const std::size_t board =
        static_cast<std::size_t>(tile_elements()) * sizeof(Bf16) + 2 * static_cast<std::size_t>(sums()) * sizeof(float);
    return static_cast<std::size_t>(boards) * board + static_cast<std::size_t>(shape.state().rows()) * sizeof(ProductRow);
  }
  // Two where blocks of one would wait for others, if there is room for two.
  constexpr int boards(int all, int multiprocessors, std::size_t shared_bytes) const {
    const bool pays = shape.m_tiles == 7 && shape.layers > 1 && all > multiprocessors * side_by_side();
    return pays && bytes(2) <= shared_bytes ? 2 : 1;
  }
};
static_assert(kClassCount == kTapCount, "as many sums by class as by tap");

// Shared memory of a block of grad_weights: two stages of the operands of an image.
HOST_DEVICE constexpr std::size_t weight_operand_bytes(const CellTile& tile, int inputs, int columns) {
  return 2 * static_cast<std::size_t>(tile.elements(inputs) + columns * tile.rows()) * sizeof(Bf16);
}

// ---- back to e: a warp has 16 channels of one image or two, which read the weights once

struct SkipBlock {
  static constexpr int kMostThreads = 128;  // for 64 channels

  FusedShape shape;

  HOST_DEVICE constexpr int threads() const { return shape.channels / kTileDepth * 32; }
  constexpr std::size_t bytes(int images) const {
    return static_cast<std::size_t>(images * shape.state().elements(shape.gates())) * sizeof(Bf16);
  }
  constexpr int images(int all, std::size_t shared_bytes) const { return all > 1 && bytes(2) <= shared_bytes ? 2 : 1; }
};

// Have the blocks of the way back room on a device with so much shared memory?
constexpr bool way_back_fits(const FusedShape& shape, std::size_t shared_bytes) {
  return BackBlock{shape}.bytes(1) <= shared_bytes && SkipBlock{shape}.bytes(1) <= shared_bytes &&
         weight_operand_bytes(shape.state(), shape.inputs(), kWeightColumns) <= shared_bytes;
}

}  // namespace boxwarp
