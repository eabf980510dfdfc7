// What the way back of the fused network needs in device memory beside what forward kept.
//
// Letters as in fused_memory.hpp. The gradients of the gates before their nonlinearity take the place of the kept gates,
// tick by tick: GateGradients says where they lie.
#pragma once

#include "kernels/net/backward_blocks.hpp"

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
