// What the way back of the fused network needs in device memory beside what forward kept.
//
// Letters as in fused_memory.hpp. The gradients of the gates before their nonlinearity take the place of the kept gates,
// tick by tick: GateGradients says where they lie.
#pragma once

#include "kernels/net/fused_memory.hpp"

namespace boxwarp {

// Gradients of the gates of one tick of one layer and board: planes [4C / 8][row][8] in bf16, gate channel g * C + c, zero
// in rows that are no cell. As many elements as gate_sums.
struct GateGradients {
  int m_tiles;

  HOST_DEVICE constexpr int plane() const { return kTileRows * m_tiles * kPlaneChannels; }  // elements
  HOST_DEVICE constexpr int at(int gate_channel, int row) const {
    return gate_channel / kPlaneChannels * plane() + row * kPlaneChannels + gate_channel % kPlaneChannels;
  }
};

// The tile of the gradient of e: that of the first encoder layer with margins changed, because taps go the other way.
HOST_DEVICE constexpr CellTile grad_encoder_tile(const FusedShape& shape) {
  const CellTile tile = shape.encoder();
  return {tile.height, tile.width, tile.after, tile.before, tile.m_tiles};
}

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

// S: the most steps of a stretch. Of arrays with S those of one stretch lie there at a time.
struct BackwardScratch {
  float* grad_features;  // (T, B, F)
  float* grad_h;         // (D, B) state_sums, while the unroll runs back
  float* grad_c;         // (D, B) state_sums
  float* class_sums;     // (S, K, D, B, kClassCount, 4C) gradients of the gates, summed over the cells of a class
  float* grad_project;   // (B, D, 2, C)
  Bf16* grad_skip;       // (S, B) tiles grad_encoder_tile: of e
  Bf16* grad_first;      // (S, B) [C / 8][row][8], rows of the encoder's tile: of the first encoder layer's output
  float* recurrent;      // (D, most_slices, kTapCount, X, 4C) parts of the weights' gradients
  float* input;          // (D, most_slices, kTapCount, C, 4C)
  float* injected;       // (D, kInjectedSlices, C, kClassCount, 4C): of each class
  float* constant;       // (D, kInjectedSlices, kClassCount, 4C)
  float* encoder;        // (kEncoderSlices, E * E, C, C): channel in, channel out
  float* table;          // (kTableSlices, E * E, kTableCodes, C)
  float* image_bias;     // (S, B, C): of the second layer's bias, by image
  float* skip_bias;      // (kTableSlices, C)
};

inline BackwardScratch take_backward_scratch(const FusedShape& shape, int steps, int most_steps, int boards,
                                             MemoryBlock& memory) {
  const auto product = [](auto... factors) { return (static_cast<std::size_t>(factors) * ...); };
  const int C = shape.channels, D = shape.layers, G = shape.gates(), E = shape.encoder_taps();
  const std::size_t rows = product(steps, boards), stretch = product(most_steps, boards);
  const std::size_t state = product(D, boards, shape.state_sums().elements(C));
  return {.grad_features = memory.take<float>(rows * product(shape.features())),
          .grad_h = memory.take<float>(state),
          .grad_c = memory.take<float>(state),
          .class_sums = memory.take<float>(stretch * product(shape.ticks, D, kClassCount, G)),
          .grad_project = memory.take<float>(product(boards, D, 2, C)),
          .grad_skip = memory.take<Bf16>(stretch * product(grad_encoder_tile(shape).elements(C))),
          .grad_first = memory.take<Bf16>(stretch * product(C, shape.encoder().rows())),
          .recurrent = memory.take<float>(product(D, most_slices(shape, shape.inputs()), kTapCount, shape.inputs(), G)),
          .input = memory.take<float>(product(D, most_slices(shape, C), kTapCount, C, G)),
          .injected = memory.take<float>(product(D, kInjectedSlices, C, kClassCount, G)),
          .constant = memory.take<float>(product(D, kInjectedSlices, kClassCount, G)),
          .encoder = memory.take<float>(product(kEncoderSlices, E, C, C)),
          .table = memory.take<float>(product(kTableSlices, E, kTableCodes, C)),
          .image_bias = memory.take<float>(stretch * product(C)),
          .skip_bias = memory.take<float>(product(kTableSlices, C))};
}

}  // namespace boxwarp
