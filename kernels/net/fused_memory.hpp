// What the fused bf16 network keeps in device memory: packed weights, and what the steps of an unroll leave for the way
// back.
//
// Letters as in net.hpp; X inputs of the recurrent product (p, then the own h: 2C; the own h alone, which is p, if D = 1),
// E size of the encoder's kernels, U hidden units, O = A + 1 outputs, F = H * W * C inputs of the head. Tiles, orders and
// classes: tiles.hpp. An index is that of an element of the array.
#pragma once

#include <cstddef>

#include "kernels/bf16.hpp"
#include "kernels/net/memory_block.hpp"
#include "kernels/net/net.hpp"
#include "kernels/net/tiles.hpp"
#include "kernels/sokoban/board.hpp"

namespace boxwarp {

inline constexpr int kTableCodes = kCellCodes + 1;  // of the first encoder layer's look-up table: cell codes, then outside
inline constexpr int kOutsideCode = kCellCodes;

// Of a board's products, for which kernels are compiled: each shape takes the fewest that suffice.
inline constexpr int kMTiles[] = {4, 7};

struct FusedShape {
  int layers, ticks, channels, height, width;  // D, K, C, H, W
  int actions, hidden, encoder_kernel;         // A, U, E
  int m_tiles;                                 // one of kMTiles
  NetInput input;
  OutputGate output_gate;
  bool warpgroups;  // multiply p and h, and where a shape allows it for their gradients (kernels/warpgroup.cuh)

  HOST_DEVICE constexpr int cells() const { return height * width; }
  HOST_DEVICE constexpr int inputs() const { return layers == 1 ? channels : 2 * channels; }  // X
  HOST_DEVICE constexpr int gates() const { return kGateCount * channels; }
  HOST_DEVICE constexpr int outputs() const { return actions + 1; }
  HOST_DEVICE constexpr int observed() const { return input == NetInput::rgb ? 3 : kCellCodes; }  // channels of an image
  HOST_DEVICE constexpr int features() const { return cells() * channels; }                       // F
  HOST_DEVICE constexpr int encoder_taps() const { return encoder_kernel * encoder_kernel; }
  HOST_DEVICE constexpr int warps() const { return channels / kPlaneChannels; }  // of a board
  HOST_DEVICE constexpr CellTile state() const { return state_tile(height, width, m_tiles); }
  HOST_DEVICE constexpr CellTile encoder() const { return encoder_tile(height, width, encoder_kernel); }
  HOST_DEVICE constexpr SumOrder state_sums() const { return {m_tiles, 1}; }
  HOST_DEVICE constexpr SumOrder gate_sums() const { return {m_tiles, kGateCount}; }

  // Which gradients are by warpgroups: of p and h, whose channels together are rows; of the recurrent weights, by inputs.
  HOST_DEVICE constexpr bool warpgroups_back() const { return warpgroups && layers > 1; }
  HOST_DEVICE constexpr bool warpgroup_weights() const { return warpgroups && inputs() % kWarpgroupRows == 0; }

  // k-tiles of the recurrent product's right operands: those of q by tap, then those of p and h by tap.
  HOST_DEVICE constexpr int injected_k_tiles() const { return kTapCount * channels / kTileDepth; }
  HOST_DEVICE constexpr int recurrent_k_tiles() const { return injected_k_tiles() + kTapCount * inputs() / kTileDepth; }
};

// m_tiles is 0 where the board is too large for the kernels here.
inline FusedShape fused_shape(const NetShape& shape, Precision precision = Precision::bf16) {
  FusedShape fused{shape.layers, shape.ticks,          shape.channels,
                   shape.height, shape.width,          shape.actions,
                   shape.hidden, shape.encoder_kernel, 0,
                   shape.input,  shape.output_gate,    precision == Precision::bf16_wgmma && shape.channels % 32 == 0};
  for (const int m_tiles : kMTiles) {
    if (fused.m_tiles == 0 && state_tile(shape.height, shape.width, 0).needed_m_tiles() <= m_tiles) fused.m_tiles = m_tiles;
  }
  return fused;
}

// ---- weights

struct FusedWeights {
  float* table;         // (E * E, kTableCodes, C): what a cell code under a tap of the first encoder layer adds
  float* encoder_bias;  // (C)
  float* skip_bias;     // (C) of the second encoder layer
  Bf16* encoder;        // pair_order: k-tiles [tap][C / 16], k = channel in, n = channel out
  Bf16* encoder_back;   // pair_order: k-tiles [tap][C / 16], k = channel out, n = channel in

  // Of each layer, one after the other:
  Bf16* input;           // [d] gate_order: k-tiles [tap][C / 16], k = channel of e, n-tile j = gate j
  Bf16* recurrent;       // [d] gate_order: k-tiles [tap][C / 16], k = q; then [tap][X / 16], k = p, h, WarpgroupOrder where
                         //   warpgroups multiply
  float* constant;       // (D, kClassCount, 4C) bias and fence
  float* project;        // (D, 2, C) rows: maximum, mean
  Bf16* input_back;      // [d] pair_order: k-tiles [tap][4C / 16], k = gate channel g * C + c, n = channel of e
  Bf16* recurrent_back;  // [d] back_order: k-tiles [tap][4C / 16], k = gate channel, n-tile j: 0 p, 1 h (0 h if D = 1)
  Bf16* injected_back;   // (D, C / 8, kTapCount, 4C, 8) what a channel of q adds to a gate channel, by tap

  Bf16* dense;        // (U, F)
  float* dense_bias;  // (U)
  float* heads;       // (O, U): policy, then value
  float* head_bias;   // (O)
};

HOST_DEVICE constexpr RightOrder gate_order(const FusedShape& shape) { return {shape.warps(), kGateCount}; }
// A warp has 16 channels, as two n-tiles.
HOST_DEVICE constexpr RightOrder pair_order(const FusedShape& shape) { return {shape.channels / kTileDepth, 2}; }
HOST_DEVICE constexpr RightOrder back_order(const FusedShape& shape) {
  return {shape.warps(), shape.inputs() / shape.channels};
}

// Elements of one layer, or of the whole where there are no layers.
HOST_DEVICE constexpr std::size_t encoder_elements(const FusedShape& shape) {
  return static_cast<std::size_t>(shape.encoder_taps()) * shape.channels * shape.channels;
}
HOST_DEVICE constexpr std::size_t input_elements(const FusedShape& shape) {
  return static_cast<std::size_t>(kTapCount) * shape.channels * shape.gates();
}
HOST_DEVICE constexpr std::size_t recurrent_elements(const FusedShape& shape) {
  return static_cast<std::size_t>(kTapCount) * (shape.inputs() + shape.channels) * shape.gates();
}
HOST_DEVICE constexpr std::size_t recurrent_back_elements(const FusedShape& shape) {
  return static_cast<std::size_t>(kTapCount) * shape.inputs() * shape.gates();
}

inline FusedWeights take_weights(const FusedShape& shape, MemoryBlock& memory) {
  const auto C = static_cast<std::size_t>(shape.channels), D = static_cast<std::size_t>(shape.layers);
  const auto G = static_cast<std::size_t>(shape.gates()), U = static_cast<std::size_t>(shape.hidden);
  const auto O = static_cast<std::size_t>(shape.outputs()), F = static_cast<std::size_t>(shape.features());
  return {.table = memory.take<float>(static_cast<std::size_t>(shape.encoder_taps()) * kTableCodes * C),
          .encoder_bias = memory.take<float>(C),
          .skip_bias = memory.take<float>(C),
          .encoder = memory.take<Bf16>(encoder_elements(shape)),
          .encoder_back = memory.take<Bf16>(encoder_elements(shape)),
          .input = memory.take<Bf16>(D * input_elements(shape)),
          .recurrent = memory.take<Bf16>(D * recurrent_elements(shape)),
          .constant = memory.take<float>(D * kClassCount * G),
          .project = memory.take<float>(D * 2 * C),
          .input_back = memory.take<Bf16>(D * input_elements(shape)),
          .recurrent_back = memory.take<Bf16>(D * recurrent_back_elements(shape)),
          .injected_back = memory.take<Bf16>(D * input_elements(shape)),
          .dense = memory.take<Bf16>(U * F),
          .dense_bias = memory.take<float>(U),
          .heads = memory.take<float>(O * U),
          .head_bias = memory.take<float>(O)};
}

// ---- activations

// What forward leaves of an unroll of T steps of B boards. Tiles have zeros in their margins and wherever a product row is
// no cell. Of an array that is null nothing is kept.
struct FusedActivations {
  Bf16* first;     // (T, B) tiles `encoder`: output of the first encoder layer
  Bf16* skip;      // (T, B) tiles `state`: e
  Bf16* features;  // (T, B, F) z = h_D + e, index (y * W + x) * C + c
  float* units;    // (T, B, U) hidden units after the ReLU
  Bf16* hidden;    // (T, K + 1, D, B) tiles `state`: h. [t][0]: what step t begins with, zero where an episode starts;
                 //   [t][k + 1]: after tick k. So p of layer 0 at tick k is [t][k][D - 1], of layer d > 0 [t][k + 1][d - 1]
  Bf16* cells;    // (T, K + 1, D, B) state_sums: c, rounded, at the same moments; zero in rows that are no cell
  Bf16* gates;    // (T, K, D, B) gate_sums: i, j, f, o after their nonlinearity; rows that are no cell hold anything finite
  float* pooled;  // (T, K, D, B, 3, C) of h before the tick: maximum, mean, q as the product took it (rounded to bf16)
};

// Indices into the arrays of an unroll of `boards` boards.
struct ActivationIndex {
  FusedShape shape;
  int boards;

  HOST_DEVICE constexpr std::size_t step(int t, int b) const { return static_cast<std::size_t>(t) * boards + b; }
  HOST_DEVICE constexpr std::size_t state(int t, int k, int d, int b) const {  // k: 0 to K
    return ((static_cast<std::size_t>(t) * (shape.ticks + 1) + k) * shape.layers + d) * boards + b;
  }
  HOST_DEVICE constexpr std::size_t tick(int t, int k, int d, int b) const {  // k: 0 to K - 1
    return ((static_cast<std::size_t>(t) * shape.ticks + k) * shape.layers + d) * boards + b;
  }
  // Where each thing begins.
  HOST_DEVICE constexpr std::size_t first(int t, int b) const {
    return step(t, b) * shape.encoder().elements(shape.channels);
  }
  HOST_DEVICE constexpr std::size_t skip(int t, int b) const { return step(t, b) * shape.state().elements(shape.channels); }
  HOST_DEVICE constexpr std::size_t features(int t, int b) const { return step(t, b) * shape.features(); }
  HOST_DEVICE constexpr std::size_t units(int t, int b) const { return step(t, b) * shape.hidden; }
  HOST_DEVICE constexpr std::size_t hidden(int t, int k, int d, int b) const {
    return state(t, k, d, b) * shape.state().elements(shape.channels);
  }
  HOST_DEVICE constexpr std::size_t cells(int t, int k, int d, int b) const {
    return state(t, k, d, b) * shape.state_sums().elements(shape.channels);
  }
  HOST_DEVICE constexpr std::size_t gates(int t, int k, int d, int b) const {
    return tick(t, k, d, b) * shape.gate_sums().elements(shape.channels);
  }
  HOST_DEVICE constexpr std::size_t pooled(int t, int k, int d, int b) const {
    return tick(t, k, d, b) * 3 * shape.channels;
  }
  // Of the encoder's part of the gates.
  HOST_DEVICE constexpr std::size_t input(int t, int b, int d) const {
    return (step(t, b) * shape.layers + d) * shape.gate_sums().elements(shape.channels);
  }
};

// Blocks take several boards, and the last one may find fewer.
inline constexpr int kSpareBoards = 5;

// What forward alone needs.
struct FusedScratch {
  Bf16* input;   // (T, B, D) gate_sums: conv3x3(e) of each layer, rounded
  float* state;  // (B + kSpareBoards, D) state_sums, or WarpgroupSumOrder: c while an unroll runs
};

struct FusedMemory {
  FusedWeights weights;
  FusedScratch scratch;
  FusedActivations passing;    // of forwards that keep nothing: first, skip, features and units only
  FusedActivations kept;       // until backward has used it; features and units of all steps, the rest of one stretch
  float *h_starts, *c_starts;  // (stretches, D, B, H, W, C) states before each stretch; null where there is one
};

// Steps whose activations are kept together. What is computed again is so from the states before each stretch: where S of T
// steps are kept, memory is S times the activations of a step and T / S times its states, a sixth of those or so, and least
// where the two are equal.
constexpr int stretch_steps(int steps, bool recompute) {
  if (!recompute) return steps;
  int most = 1;
  while (6 * most * most < steps) ++most;
  return most;
}
constexpr int stretches_of(int steps, int most_steps) { return (steps + most_steps - 1) / most_steps; }

// Everything that lies in the network's block of memory, backward's own scratch excepted. most_steps: of a stretch.
inline FusedMemory take_memory(const FusedShape& shape, const NetLimits& limits, int most_steps, MemoryBlock& memory) {
  const auto product = [](auto... factors) { return (static_cast<std::size_t>(factors) * ...); };
  const auto take_steps = [&](int steps, int together, int boards) {
    const ActivationIndex at{shape, boards};
    return FusedActivations{.first = memory.take<Bf16>(at.first(together, 0)),
                            .skip = memory.take<Bf16>(at.skip(together, 0)),
                            .features = memory.take<Bf16>(at.features(steps, 0)),
                            .units = memory.take<float>(at.units(steps, 0)),
                            .hidden = nullptr,
                            .cells = nullptr,
                            .gates = nullptr,
                            .pooled = nullptr};
  };
  FusedMemory all{};
  all.weights = take_weights(shape, memory);
  const std::size_t passing = product(limits.forward_boards, limits.forward_steps);
  const std::size_t training = product(limits.training_boards, most_steps);
  const ActivationIndex one{shape, 1};
  all.scratch.input = memory.take<Bf16>((passing < training ? training : passing) * one.input(1, 0, 0));
  const int boards = limits.forward_boards < limits.training_boards ? limits.training_boards : limits.forward_boards;
  all.scratch.state =
      memory.take<float>(product(shape.layers, boards + kSpareBoards, shape.state_sums().elements(shape.channels)));
  all.passing = take_steps(limits.forward_steps, limits.forward_steps, limits.forward_boards);
  if (limits.training_boards > 0) {
    const ActivationIndex at{shape, limits.training_boards};
    all.kept = take_steps(limits.training_steps, most_steps, limits.training_boards);
    all.kept.hidden = memory.take<Bf16>(at.hidden(most_steps, 0, 0, 0));
    all.kept.cells = memory.take<Bf16>(at.cells(most_steps, 0, 0, 0));
    all.kept.gates = memory.take<Bf16>(at.gates(most_steps, 0, 0, 0));
    all.kept.pooled = memory.take<float>(at.pooled(most_steps, 0, 0, 0));
    const int stretches = stretches_of(limits.training_steps, most_steps);
    if (stretches > 1) {
      const std::size_t states = product(stretches, shape.layers, limits.training_boards, shape.features());
      all.h_starts = memory.take<float>(states);
      all.c_starts = memory.take<float>(states);
    }
  }
  return all;
}

}  // namespace boxwarp
