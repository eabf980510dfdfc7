#include <algorithm>

#include "host/cpu/add.hpp"
#include "host/cpu/column_sums.hpp"
#include "host/cpu/conv_lstm.hpp"
#include "host/cpu/encoder.hpp"
#include "host/cpu/matrix_product.hpp"
#include "host/cpu/unroll.hpp"

namespace boxwarp {

namespace {

struct Backward {
  const UnrollSlice& slice;
  UnrollGradients& gradients;
  const UnrollGradientView& gradient;
  float* grad_parts;

  float* grad_part(const Part& part) const { return grad_parts + part.offset; }
  // The gradient of the convolutions over e, (T, b, N, D * 4C), lies where those were; with one tick and one layer it is
  // the gradient of the gates.
  bool input_is_gates() const { return slice.shape.layers == 1 && slice.shape.ticks == 1; }
  float* grad_input() const { return input_is_gates() ? slice.memory.gates(0, 0) : slice.memory.input.data(); }
};

// Adds C channels of each cell, which lie `stride` floats apart in from, to (cells, C).
void add_cells(const float* from, std::size_t stride, std::size_t cells, std::size_t C, float* to) {
  if (stride == C) return add(from, cells * C, to);
  for (std::size_t cell = 0; cell < cells; ++cell) add(from + cell * stride, C, to + cell * C);
}

// The gradient of h after the tick becomes that of h before it, and of p.
void recurrent(const Backward& back, int d, int n) {
  const UnrollSlice& slice = back.slice;
  UnrollGradients& gradients = back.gradients;
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

void tick(const Backward& back, int t, int k, int d) {
  const UnrollSlice& slice = back.slice;
  UnrollMemory& memory = slice.memory;
  UnrollGradients& gradients = back.gradients;
  const auto layer = static_cast<std::size_t>(d);
  const LayerParts& parts = slice.layout.layers[layer];
  const int C = slice.shape.channels, n = t * slice.shape.ticks + k, inputs = slice.shape.layers * 4 * C;
  float* class_sums = gradients.class_sums[layer].data() +
                      static_cast<std::size_t>(n) * static_cast<std::size_t>(slice.boards * slice.cell.classes * 4 * C);
  float* grad_input =
      back.input_is_gates()
          ? nullptr
          : back.grad_input() +
                static_cast<std::size_t>(t * slice.boards * slice.cell.cells) * static_cast<std::size_t>(inputs) + d * 4 * C;
  gates_backward(slice.cell, {.gates = memory.gates(d, n),
                              .c = memory.cell(d, n),
                              .grad_h = gradients.hidden[layer].data(),
                              .grad_c = gradients.cell[layer].data(),
                              .grad_class_sums = class_sums,
                              .grad_input = {grad_input, inputs},
                              .adds_to_input = k != slice.shape.ticks - 1});
  recurrent(back, d, n);
  if (slice.shape.pooling == Pooling::none) return;
  class_sums_backward(slice.cell, class_sums, slice.weights.part(parts.injected), gradients.injected.data());
  const Pooled pooled = memory.pooled(d, n), grad_pooled{gradients.maximum.data(), gradients.mean.data(), C};
  inject_backward(slice.cell, {slice.shape.pooling, slice.weights.part(parts.project), pooled}, gradients.injected.data(),
                  grad_pooled, back.grad_part(parts.project));
  pool_backward(slice.cell, {memory.own_hidden(d, n), slice.layout.recurrent_inputs}, pooled, grad_pooled,
                {gradients.hidden[layer].data(), C});
}

void cut_at_starts(const Backward& back, int t) {
  const UnrollSlice& slice = back.slice;
  const std::size_t board = slice.board_state;
  const std::uint8_t* starts = slice.unroll.episode_starts + slice.step_offset(t);
  for (std::size_t b = 0; b < static_cast<std::size_t>(slice.boards); ++b) {
    if (starts[b] == 0) continue;
    for (AlignedFloats& hidden : back.gradients.hidden) std::fill_n(hidden.data() + b * board, board, 0.0f);
    for (AlignedFloats& cell : back.gradients.cell) std::fill_n(cell.data() + b * board, board, 0.0f);
  }
}

// What arrives at the state after the last step.
void begin_at_the_end(const Backward& back) {
  const UnrollSlice& slice = back.slice;
  const auto begin = [&slice](const float* grad_end, std::size_t d, float* to) {
    if (grad_end == nullptr) {
      std::fill_n(to, slice.state, 0.0f);
    } else {
      std::copy_n(grad_end + slice.state_offset(static_cast<int>(d)), slice.state, to);
    }
  };
  for (std::size_t d = 0; d < back.gradients.hidden.size(); ++d) {
    begin(back.gradient.grad_h_end, d, back.gradients.hidden[d].data());
    begin(back.gradient.grad_c_end, d, back.gradients.cell[d].data());
  }
}

void copy_start_gradients(const Backward& back) {
  const UnrollSlice& slice = back.slice;
  for (std::size_t d = 0; d < back.gradients.hidden.size(); ++d) {
    const std::size_t to = slice.state_offset(static_cast<int>(d));
    if (back.gradient.grad_h_start != nullptr) {
      std::copy_n(back.gradients.hidden[d].data(), slice.state, back.gradient.grad_h_start + to);
    }
    if (back.gradient.grad_c_start != nullptr) {
      std::copy_n(back.gradients.cell[d].data(), slice.state, back.gradient.grad_c_start + to);
    }
  }
}

// Weights of the recurrent layers, from all ticks at once.
void recurrent_weights(const Backward& back) {
  const UnrollSlice& slice = back.slice;
  const int rows = slice.steps * slice.shape.ticks * slice.boards, C = slice.shape.channels,
            columns = slice.cell.classes * 4 * C;
  for (int d = 0; d < slice.shape.layers; ++d) {
    const LayerParts& parts = slice.layout.layers[static_cast<std::size_t>(d)];
    const float* class_sums = back.gradients.class_sums[static_cast<std::size_t>(d)].data();
    slice.primitives.recurrent_weights.run(slice.memory.recurrent_input(d, 0), slice.memory.gates(d, 0),
                                           back.grad_part(parts.recurrent));
    if (slice.shape.pooling != Pooling::none) {
      matrix_product(C, columns, rows, slice.memory.injected(d, 0), Side::transposed, class_sums, Side::plain,
                     back.grad_part(parts.injected));
    }
    column_sums(static_cast<std::size_t>(rows), static_cast<std::size_t>(columns), class_sums,
                back.grad_part(parts.constant));
  }
}

void encoder(const Backward& back) {
  const UnrollSlice& slice = back.slice;
  UnrollMemory& memory = slice.memory;
  UnrollGradients& gradients = back.gradients;
  UnrollPrimitives& primitives = slice.primitives;
  const NetworkParts& layout = slice.layout;
  const NetShape& shape = slice.shape;
  const auto C = static_cast<std::size_t>(shape.channels);
  const std::size_t size = static_cast<std::size_t>(slice.steps) * slice.state;
  primitives.input_weights.run(memory.skip.data(), back.grad_input(), back.grad_part(layout.layers.front().input));
  primitives.input_data.run(back.grad_input(), primitives.backward_weights.input, gradients.skip.data());
  if (shape.skip == Skip::sum) add(gradients.head.z.data(), size, gradients.skip.data());
  if (shape.skip == Skip::concatenation) {
    add_cells(gradients.head.z.data() + C, 2 * C, size / C, C, gradients.skip.data());
  }

  column_sums(size / C, C, gradients.skip.data(), back.grad_part(layout.skip_bias));
  primitives.encoder_weights.run(memory.encoder.data(), gradients.skip.data(), back.grad_part(layout.encoder_weights));
  primitives.encoder_data.run(gradients.skip.data(), primitives.backward_weights.encoder, gradients.encoder.data());

  const EncoderShape first_layer{slice.boards, shape.height, shape.width, shape.channels, shape.encoder_kernel};
  const auto cells = static_cast<std::size_t>(shape.height * shape.width);
  for (int t = 0; t < slice.steps; ++t) {
    encoder_backward(first_layer, slice.unroll.cells + slice.step_offset(t) * cells,
                     gradients.encoder.data() + static_cast<std::size_t>(t) * slice.state, back.grad_part(layout.table),
                     back.grad_part(layout.encoder_bias));
  }
}

}  // namespace

void unroll_backward(const UnrollSlice& slice, UnrollGradients& gradients, const UnrollGradientView& gradient,
                     float* grad_parts) {
  const Backward back{slice, gradients, gradient, grad_parts};
  const LayerParts* layers = slice.layout.layers.data();
  const auto C = static_cast<std::size_t>(slice.shape.channels), Z = static_cast<std::size_t>(head_channels(slice.shape));
  for (const Part* summed : {&slice.layout.table, &slice.layout.encoder_bias}) {
    std::fill_n(back.grad_part(*summed), summed->size, 0.0f);
  }
  for (int d = 0; d < slice.shape.layers; ++d) std::fill_n(back.grad_part(layers[d].project), layers[d].project.size, 0.0f);
  begin_at_the_end(back);
  head_backward(slice.head_pass(), slice.weights.heads(), slice.memory.head, gradient, gradients.head, slice.layout.head,
                grad_parts);
  for (int t = slice.steps - 1; t >= 0; --t) {
    const std::size_t cells = slice.state / C;
    add_cells(gradients.head.z.data() + static_cast<std::size_t>(t) * cells * Z, Z, cells, C,
              gradients.hidden.back().data());
    for (int k = slice.shape.ticks - 1; k >= 0; --k) {
      for (int d = slice.shape.layers - 1; d >= 0; --d) tick(back, t, k, d);
    }
    cut_at_starts(back, t);
  }
  copy_start_gradients(back);
  recurrent_weights(back);
  encoder(back);
}

}  // namespace boxwarp
