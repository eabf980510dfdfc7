#include <algorithm>

#include "host/cpu/column_sums.hpp"
#include "host/cpu/conv_lstm.hpp"
#include "host/cpu/encoder.hpp"
#include "host/cpu/unroll.hpp"

namespace boxwarp {

namespace {

struct Slice {
  const NetworkWeights& weights;
  const NetworkParts& layout;
  const NetShape& shape;
  UnrollPrimitives& primitives;
  UnrollMemory& memory;
  UnrollGradients& gradients;
  const UnrollView& unroll;
  const UnrollGradientView& gradient;
  int first, boards, steps;
  std::size_t state;  // floats of h or c of one layer: b * N * C
  float* grad_parts;

  float* grad_part(const Part& part) const { return grad_parts + part.offset; }
  std::size_t step_offset(int t) const {
    return static_cast<std::size_t>(t) * static_cast<std::size_t>(unroll.boards) + static_cast<std::size_t>(first);
  }
  // The gradient of the convolutions over e, (T, b, N, D * 4C), lies where those were; with one tick and one layer it is
  // the gradient of the gates.
  bool input_is_gates() const { return shape.layers == 1 && shape.ticks == 1; }
  float* grad_input() const { return input_is_gates() ? memory.gates(0, 0) : memory.input.data(); }
};

void add(const float* from, std::size_t size, float* to) {
  for (std::size_t i = 0; i < size; ++i) to[i] += from[i];
}

void heads(const Slice& slice) {
  const auto actions = static_cast<std::size_t>(slice.shape.actions);
  float* row = slice.gradients.outputs.data();
  for (int t = 0; t < slice.steps; ++t) {
    for (std::size_t b = 0; b < static_cast<std::size_t>(slice.boards); ++b, row += actions + 1) {
      const std::size_t from = slice.step_offset(t) + b;
      std::copy_n(slice.gradient.grad_logits + from * actions, actions, row);
      row[actions] = slice.gradient.grad_values[from];
    }
  }
  const NetworkParts& layout = slice.layout;
  slice.primitives.heads_backward.run(slice.memory.head_input.data(), slice.primitives.backward_weights.dense,
                                      slice.weights.part(layout.head_weights), slice.memory.hidden.data(),
                                      slice.gradients.outputs.data(),
                                      {.weights = slice.grad_part(layout.dense_weights),
                                       .bias = slice.grad_part(layout.dense_bias),
                                       .head_weights = slice.grad_part(layout.head_weights),
                                       .head_bias = slice.grad_part(layout.head_bias),
                                       .x = slice.gradients.head_input.data()});
}

// The gradient of h after the tick becomes that of h before it, and of p.
void recurrent(const Slice& slice, int d, int n) {
  UnrollGradients& gradients = slice.gradients;
  const float* weights = slice.primitives.backward_weights.recurrent[static_cast<std::size_t>(d)];
  float* own = gradients.hidden[static_cast<std::size_t>(d)].data();
  if (slice.shape.layers == 1) {
    slice.primitives.recurrent_data.run(slice.memory.gates(d, n), weights, own);
    return;
  }
  slice.primitives.recurrent_data.run(slice.memory.gates(d, n), weights, gradients.recurrent_input.data());
  // p is the h of the layer below after this tick; for the first layer, the last layer's before it.
  const int below = d > 0 ? d - 1 : slice.shape.layers - 1;
  float* from_below = gradients.hidden[static_cast<std::size_t>(below)].data();
  const auto C = static_cast<std::size_t>(slice.shape.channels);
  const float* cell = gradients.recurrent_input.data();
  for (std::size_t at = 0; at < slice.state; at += C, cell += 2 * C) {
    add(cell, C, from_below + at);
    std::copy_n(cell + C, C, own + at);
  }
}

void tick(const Slice& slice, const CellShape& cell, int t, int k, int d) {
  UnrollMemory& memory = slice.memory;
  UnrollGradients& gradients = slice.gradients;
  const auto layer = static_cast<std::size_t>(d);
  const LayerParts& parts = slice.layout.layers[layer];
  const int C = slice.shape.channels, n = t * slice.shape.ticks + k, inputs = slice.shape.layers * 4 * C;
  float* class_sums = gradients.class_sums[layer].data() +
                      static_cast<std::size_t>(n) * static_cast<std::size_t>(slice.boards * cell.classes * 4 * C);
  float* grad_input = slice.input_is_gates()
                          ? nullptr
                          : slice.grad_input() +
                                static_cast<std::size_t>(t * slice.boards * cell.cells) * static_cast<std::size_t>(inputs) +
                                d * 4 * C;
  gates_backward(cell, {.gates = memory.gates(d, n),
                        .c = memory.cell(d, n),
                        .grad_h = gradients.hidden[layer].data(),
                        .grad_c = gradients.cell[layer].data(),
                        .grad_class_sums = class_sums,
                        .grad_input = {grad_input, inputs},
                        .adds_to_input = k != slice.shape.ticks - 1});
  recurrent(slice, d, n);
  class_sums_backward(cell, class_sums, slice.weights.part(parts.injected), gradients.injected.data());
  pool_backward(cell,
                {.h = {memory.own_hidden(d, n), slice.layout.recurrent_inputs},
                 .project = slice.weights.part(parts.project),
                 .maximum = memory.maximum(d, n),
                 .mean = memory.mean(d, n),
                 .injected = memory.injected(d, n)},
                gradients.injected.data(), gradients.hidden[layer].data(), slice.grad_part(parts.project));
}

void cut_at_starts(const Slice& slice, int t) {
  const std::size_t board = slice.state / static_cast<std::size_t>(slice.boards);
  const std::uint8_t* starts = slice.unroll.episode_starts + slice.step_offset(t);
  for (std::size_t b = 0; b < static_cast<std::size_t>(slice.boards); ++b) {
    if (starts[b] == 0) continue;
    for (AlignedFloats& hidden : slice.gradients.hidden) std::fill_n(hidden.data() + b * board, board, 0.0f);
    for (AlignedFloats& cell : slice.gradients.cell) std::fill_n(cell.data() + b * board, board, 0.0f);
  }
}

void copy_start_gradients(const Slice& slice) {
  const std::size_t board = slice.state / static_cast<std::size_t>(slice.boards);
  for (std::size_t d = 0; d < slice.gradients.hidden.size(); ++d) {
    const std::size_t to =
        (d * static_cast<std::size_t>(slice.unroll.boards) + static_cast<std::size_t>(slice.first)) * board;
    if (slice.gradient.grad_h_start != nullptr) {
      std::copy_n(slice.gradients.hidden[d].data(), slice.state, slice.gradient.grad_h_start + to);
    }
    if (slice.gradient.grad_c_start != nullptr) {
      std::copy_n(slice.gradients.cell[d].data(), slice.state, slice.gradient.grad_c_start + to);
    }
  }
}

// Weights of the recurrent layers, from all ticks at once.
void recurrent_weights(const Slice& slice, const CellShape& cell) {
  const int rows = slice.steps * slice.shape.ticks * slice.boards, C = slice.shape.channels, columns = cell.classes * 4 * C;
  for (int d = 0; d < slice.shape.layers; ++d) {
    const LayerParts& parts = slice.layout.layers[static_cast<std::size_t>(d)];
    const float* class_sums = slice.gradients.class_sums[static_cast<std::size_t>(d)].data();
    slice.primitives.recurrent_weights.run(slice.memory.recurrent_input(d, 0), slice.memory.gates(d, 0),
                                           slice.grad_part(parts.recurrent));
    dnnl::error::wrap_c_api(dnnl_sgemm('T', 'N', C, columns, rows, 1.0f, slice.memory.injected(d, 0), C, class_sums, columns,
                                       0.0f, slice.grad_part(parts.injected), columns),
                            "oneDNN: sgemm failed");
    column_sums(static_cast<std::size_t>(rows), static_cast<std::size_t>(columns), class_sums,
                slice.grad_part(parts.constant));
  }
}

void encoder(const Slice& slice) {
  UnrollMemory& memory = slice.memory;
  UnrollGradients& gradients = slice.gradients;
  UnrollPrimitives& primitives = slice.primitives;
  const NetworkParts& layout = slice.layout;
  const NetShape& shape = slice.shape;
  const auto C = static_cast<std::size_t>(shape.channels);
  const std::size_t size = static_cast<std::size_t>(slice.steps) * slice.state;
  primitives.input_weights.run(memory.skip.data(), slice.grad_input(), slice.grad_part(layout.layers.front().input));
  primitives.input_data.run(slice.grad_input(), primitives.backward_weights.input, gradients.skip.data());
  add(gradients.head_input.data(), size, gradients.skip.data());

  column_sums(size / C, C, gradients.skip.data(), slice.grad_part(layout.skip_bias));
  primitives.encoder_weights.run(memory.encoder.data(), gradients.skip.data(), slice.grad_part(layout.encoder_weights));
  primitives.encoder_data.run(gradients.skip.data(), primitives.backward_weights.encoder, gradients.encoder.data());

  const EncoderShape first_layer{slice.boards, shape.height, shape.width, shape.channels, shape.encoder_kernel};
  const auto cells = static_cast<std::size_t>(shape.height * shape.width);
  for (int t = 0; t < slice.steps; ++t) {
    encoder_backward(first_layer, slice.unroll.cells + slice.step_offset(t) * cells,
                     gradients.encoder.data() + static_cast<std::size_t>(t) * slice.state, slice.grad_part(layout.table),
                     slice.grad_part(layout.encoder_bias));
  }
}

}  // namespace

void unroll_backward(const NetworkWeights& weights, UnrollPrimitives& primitives, UnrollMemory& memory,
                     UnrollGradients& gradients, const UnrollView& unroll, const UnrollGradientView& gradient, int first,
                     float* grad_parts) {
  const NetworkParts& layout = weights.layout();
  const NetShape& shape = layout.shape;
  const auto [boards, steps] = memory.size();
  const int cells = shape.height * shape.width;
  const Slice slice{
      weights,   layout,    shape,  primitives,
      memory,    gradients, unroll, gradient,
      first,     boards,    steps,  static_cast<std::size_t>(boards) * static_cast<std::size_t>(cells * shape.channels),
      grad_parts};
  const CellShape cell{boards, cells, shape.channels, layout.classes.count(), layout.classes.of_cell.data()};
  std::fill_n(grad_parts, layout.size, 0.0f);
  for (AlignedFloats& hidden : gradients.hidden) std::fill_n(hidden.data(), slice.state, 0.0f);
  for (AlignedFloats& c : gradients.cell) std::fill_n(c.data(), slice.state, 0.0f);

  heads(slice);
  for (int t = steps - 1; t >= 0; --t) {
    add(gradients.head_input.data() + static_cast<std::size_t>(t) * slice.state, slice.state,
        gradients.hidden.back().data());
    for (int k = shape.ticks - 1; k >= 0; --k) {
      for (int d = shape.layers - 1; d >= 0; --d) tick(slice, cell, t, k, d);
    }
    cut_at_starts(slice, t);
  }
  copy_start_gradients(slice);
  recurrent_weights(slice, cell);
  encoder(slice);
}

}  // namespace boxwarp
