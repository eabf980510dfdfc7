#include <algorithm>

#include "host/cpu/conv_lstm.hpp"
#include "host/cpu/encoder.hpp"
#include "host/cpu/unroll.hpp"

namespace boxwarp {

namespace {

// Copies (cells, C) between arrays whose cells lie further apart.
void copy_cells(const float* from, std::size_t from_stride, float* to, std::size_t to_stride, std::size_t cells,
                std::size_t C) {
  for (std::size_t i = 0; i < cells; ++i) std::copy_n(from + i * from_stride, C, to + i * to_stride);
}

void encode(const UnrollSlice& slice) {
  const NetShape& shape = slice.shape;
  const NetworkParts& layout = slice.layout;
  UnrollMemory& memory = slice.memory;
  const EncoderShape first_layer{slice.boards, shape.height, shape.width, shape.channels, shape.encoder_kernel};
  const auto cells = static_cast<std::size_t>(shape.height * shape.width);
  for (int t = 0; t < slice.steps; ++t) {
    encoder_forward(first_layer, slice.unroll.cells + slice.step_offset(t) * cells, slice.weights.part(layout.table),
                    slice.weights.part(layout.encoder_bias),
                    memory.encoder.data() + static_cast<std::size_t>(t) * slice.state);
  }
  UnrollPrimitives& primitives = slice.primitives;
  primitives.encoder.run(memory.encoder.data(), primitives.weights.encoder, slice.weights.part(layout.skip_bias),
                         memory.skip.data());
  primitives.input.run(memory.skip.data(), primitives.weights.input, nullptr, memory.input.data());
}

void copy_start(const UnrollSlice& slice) {
  const auto C = static_cast<std::size_t>(slice.shape.channels), X = static_cast<std::size_t>(slice.layout.recurrent_inputs);
  const std::size_t board = slice.board_state, cells = slice.state / C;
  const std::uint8_t* starts = slice.unroll.episode_starts + slice.step_offset(0);
  for (int d = 0; d < slice.shape.layers; ++d) {
    float* h = slice.memory.own_hidden(d, 0);
    float* c = slice.memory.cell(d, 0);
    copy_cells(slice.unroll.h_start + slice.state_offset(d), C, h, X, cells, C);
    std::copy_n(slice.unroll.c_start + slice.state_offset(d), slice.state, c);
    for (std::size_t b = 0; b < static_cast<std::size_t>(slice.boards); ++b) {
      if (starts[b] == 0) continue;
      std::fill_n(c + b * board, board, 0.0f);
      for (std::size_t cell = 0; cell < board / C; ++cell) std::fill_n(h + (b * board / C + cell) * X, C, 0.0f);
    }
  }
  // The first layer's p is the last layer's h.
  if (slice.shape.layers == 1) return;
  copy_cells(slice.memory.own_hidden(slice.shape.layers - 1, 0), X, slice.memory.recurrent_input(0, 0), X, cells, C);
}

void tick(const UnrollSlice& slice, int t, int k, int d) {
  const NetShape& shape = slice.shape;
  const LayerParts& parts = slice.layout.layers[static_cast<std::size_t>(d)];
  UnrollMemory& memory = slice.memory;
  const int C = shape.channels, X = slice.layout.recurrent_inputs, n = t * shape.ticks + k;
  const bool top = d == shape.layers - 1, last = k == shape.ticks - 1;

  slice.primitives.recurrent.run(memory.recurrent_input(d, n),
                                 slice.primitives.weights.recurrent[static_cast<std::size_t>(d)], nullptr,
                                 memory.gates(d, n));
  const bool injects = shape.pooling != Pooling::none;
  if (injects) {
    const Pooled pooled = memory.pooled(d, n);
    pool_forward(slice.cell, {memory.own_hidden(d, n), X}, pooled);
    inject_forward(slice.cell, {shape.pooling, slice.weights.part(parts.project), pooled}, memory.injected(d, n));
  }
  class_sums_forward(slice.cell, injects ? memory.injected(d, n) : nullptr, slice.weights.part(parts.injected),
                     slice.weights.part(parts.constant), memory.class_sums.data());

  float* above = nullptr;
  if (shape.layers > 1) above = top ? memory.recurrent_input(0, n + 1) : memory.recurrent_input(d + 1, n);
  const std::size_t step = static_cast<std::size_t>(t) * slice.state;
  const int inputs = shape.layers * 4 * C, Z = head_channels(shape);
  const bool ends = top && last;
  gates_forward(
      slice.cell,
      {.gates = memory.gates(d, n),
       .input_part = {memory.input.data() + step * 4 * static_cast<std::size_t>(shape.layers) + d * 4 * C, inputs},
       .class_sums = memory.class_sums.data(),
       .c = memory.cell(d, n),
       .c_next = memory.cell(d, n + 1),
       .h_next = {memory.own_hidden(d, n + 1), X},
       .h_above = {above, X},
       .erased = last && t + 1 < slice.steps ? slice.unroll.episode_starts + slice.step_offset(t + 1) : nullptr,
       .erases_above = top,
       .head_input = {ends ? memory.head.z.data() + step / static_cast<std::size_t>(C) * static_cast<std::size_t>(Z)
                           : nullptr,
                      Z},
       .skip = ends && shape.skip == Skip::sum ? memory.skip.data() + step : nullptr});
}

void run_head(const UnrollSlice& slice) {
  UnrollMemory& memory = slice.memory;
  const auto C = static_cast<std::size_t>(slice.shape.channels);
  if (slice.shape.skip == Skip::concatenation) {
    copy_cells(memory.skip.data(), C, memory.head.z.data() + C, 2 * C,
               static_cast<std::size_t>(slice.steps) * slice.state / C, C);
  }
  head_forward(slice.head_pass(), slice.weights.heads(), memory.head);
}

void copy_end(const UnrollSlice& slice) {
  const auto C = static_cast<std::size_t>(slice.shape.channels), X = static_cast<std::size_t>(slice.layout.recurrent_inputs);
  const int end = slice.steps * slice.shape.ticks;
  for (int d = 0; d < slice.shape.layers; ++d) {
    if (slice.unroll.h_end != nullptr) {
      copy_cells(slice.memory.own_hidden(d, end), X, slice.unroll.h_end + slice.state_offset(d), C, slice.state / C, C);
    }
    if (slice.unroll.c_end != nullptr) {
      std::copy_n(slice.memory.cell(d, end), slice.state, slice.unroll.c_end + slice.state_offset(d));
    }
  }
}

}  // namespace

void unroll_forward(const UnrollSlice& slice) {
  encode(slice);
  copy_start(slice);
  for (int t = 0; t < slice.steps; ++t) {
    for (int k = 0; k < slice.shape.ticks; ++k) {
      for (int d = 0; d < slice.shape.layers; ++d) tick(slice, t, k, d);
    }
  }
  run_head(slice);
  copy_end(slice);
}

}  // namespace boxwarp
