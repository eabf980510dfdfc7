// Where each tensor begins in the flat array of parameters: parameter_tensors of net.hpp as arithmetic.
#pragma once

#include <cstddef>

#include "kernels/net/fused_memory.hpp"

namespace boxwarp {

// Tensors in torch's layout (convolutions out, in, row, column; dense out, in). Those of layer d lie layer_stride further on
// for each layer.
struct ParameterOffsets {
  std::size_t encoder_first, encoder_bias, encoder_second, skip_bias;  // (C, 3 or 7, E, E), (C), (C, C, E, E), (C)
  std::size_t input_hidden, gate_bias, hidden_hidden, fence,
      project;  // (4C, 3C, 3, 3), (4C), (4C, C, 3, 3), (4C, 1, 3, 3), (2, C)
  std::size_t layer_stride;
  std::size_t dense, dense_bias, policy, policy_bias, value, value_bias;  // (U, F), (U), (A, U), (A), (1, U), (1)
  std::size_t count;                                                      // of all
};

HOST_DEVICE constexpr ParameterOffsets parameter_offsets(const FusedShape& shape) {
  const auto C = static_cast<std::size_t>(shape.channels), G = static_cast<std::size_t>(shape.gates());
  const auto U = static_cast<std::size_t>(shape.hidden), A = static_cast<std::size_t>(shape.actions);
  const auto taps = static_cast<std::size_t>(shape.encoder_taps());
  ParameterOffsets at{};
  at.encoder_bias = C * static_cast<std::size_t>(shape.observed()) * taps;
  at.encoder_second = at.encoder_bias + C;
  at.skip_bias = at.encoder_second + C * C * taps;
  at.input_hidden = at.skip_bias + C;
  at.gate_bias = at.input_hidden + G * 3 * C * kTapCount;
  at.hidden_hidden = at.gate_bias + G;
  at.fence = at.hidden_hidden + G * C * kTapCount;
  at.project = at.fence + G * kTapCount;
  at.layer_stride = at.project + 2 * C - at.input_hidden;
  at.dense = at.input_hidden + static_cast<std::size_t>(shape.layers) * at.layer_stride;
  at.dense_bias = at.dense + U * static_cast<std::size_t>(shape.features());
  at.policy = at.dense_bias + U;
  at.policy_bias = at.policy + A * U;
  at.value = at.policy_bias + A;
  at.value_bias = at.value + U;
  at.count = at.value_bias + 1;
  return at;
}

}  // namespace boxwarp
