#include "host/cpu/head_pass.hpp"

#include <algorithm>

namespace boxwarp {

namespace {

std::size_t images(const UnrollSize& size) {
  return static_cast<std::size_t>(size.boards) * static_cast<std::size_t>(size.steps);
}

std::size_t map_floats(const NetShape& shape) {
  return static_cast<std::size_t>(shape.height * shape.width) * static_cast<std::size_t>(head_channels(shape));
}

std::size_t pooled_floats(const NetShape& shape) {
  return shape.head == NetHead::pooled ? static_cast<std::size_t>(dense_inputs(shape)) : 0;
}

Pooled pooled_rows(const CellShape& cells, AlignedFloats& rows) {
  return {rows.data(), rows.data() + cells.channels, 2 * cells.channels};
}

}  // namespace

HeadMemory::HeadMemory(const NetShape& shape, const UnrollSize& largest)
    : z(images(largest) * map_floats(shape)),
      pooled(images(largest) * pooled_floats(shape)),
      hidden(images(largest) * static_cast<std::size_t>(shape.hidden)),
      outputs(images(largest) * static_cast<std::size_t>(shape.actions + 1)) {}

HeadGradients::HeadGradients(const NetShape& shape, const UnrollSize& largest)
    : z(images(largest) * map_floats(shape)),
      pooled(images(largest) * pooled_floats(shape)),
      outputs(images(largest) * static_cast<std::size_t>(shape.actions + 1)) {}

void head_forward(const HeadPass& pass, const HeadsWeights& weights, HeadMemory& memory) {
  const float* inputs = memory.z.data();
  if (pass.shape.head == NetHead::pooled) {
    const CellShape cells = pass.cells();
    pool_forward(cells, {memory.z.data(), cells.channels}, pooled_rows(cells, memory.pooled));
    inputs = memory.pooled.data();
  }
  heads_forward(pass.rows(), weights, inputs, memory.hidden.data(), memory.outputs.data());
  const auto actions = static_cast<std::size_t>(pass.shape.actions);
  const float* row = memory.outputs.data();
  for (int t = 0; t < pass.slice.steps; ++t) {
    for (std::size_t b = 0; b < static_cast<std::size_t>(pass.slice.boards); ++b, row += actions + 1) {
      const std::size_t to = pass.step_offset(t) + b;
      std::copy_n(row, actions, pass.unroll.logits + to * actions);
      pass.unroll.values[to] = row[actions];
    }
  }
}

void head_backward(const HeadPass& pass, const HeadsWeights& weights, HeadMemory& memory, const UnrollGradientView& gradient,
                   HeadGradients& gradients, const HeadParts& parts, float* grad_parts) {
  const auto actions = static_cast<std::size_t>(pass.shape.actions);
  float* row = gradients.outputs.data();
  for (int t = 0; t < pass.slice.steps; ++t) {
    for (std::size_t b = 0; b < static_cast<std::size_t>(pass.slice.boards); ++b, row += actions + 1) {
      const std::size_t from = pass.step_offset(t) + b;
      std::copy_n(gradient.grad_logits + from * actions, actions, row);
      row[actions] = gradient.grad_values[from];
    }
  }
  const bool pools = pass.shape.head == NetHead::pooled;
  heads_backward(pass.rows(), weights, pools ? memory.pooled.data() : memory.z.data(), memory.hidden.data(),
                 gradients.outputs.data(),
                 {.dense_weights = grad_parts + parts.dense_weights.offset,
                  .dense_bias = grad_parts + parts.dense_bias.offset,
                  .head_weights = grad_parts + parts.head_weights.offset,
                  .head_bias = grad_parts + parts.head_bias.offset,
                  .x = pools ? gradients.pooled.data() : gradients.z.data()});
  if (!pools) return;
  const CellShape cells = pass.cells();
  std::fill_n(gradients.z.data(), images(pass.slice) * map_floats(pass.shape), 0.0f);
  pool_backward(cells, {memory.z.data(), cells.channels}, pooled_rows(cells, memory.pooled),
                pooled_rows(cells, gradients.pooled), {gradients.z.data(), cells.channels});
}

}  // namespace boxwarp
