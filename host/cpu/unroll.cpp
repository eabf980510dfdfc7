#include "host/cpu/unroll.hpp"

namespace boxwarp {

namespace {

std::size_t product(std::initializer_list<int> factors) {
  std::size_t result = 1;
  for (const int factor : factors) result *= static_cast<std::size_t>(factor);
  return result;
}

}  // namespace

UnrollPrimitives::UnrollPrimitives(NetworkWeights& source, const UnrollSize& size, Passes passes) {
  const NetworkParts& layout = source.layout();
  const NetShape& shape = layout.shape;
  const int images = size.boards * size.steps, C = shape.channels;
  const ConvolutionShape encoder_shape{images, shape.height, shape.width, C, C, shape.encoder_kernel};
  const ConvolutionShape input_shape{images, shape.height, shape.width, C, shape.layers * 4 * C, 3};
  const ConvolutionShape tick{size.boards, shape.height, shape.width, layout.recurrent_inputs, 4 * C, 3};
  const auto packed = [&source](const auto& for_encoder, const auto& for_input, const auto& for_recurrent) {
    PackedAddresses result{source.encoder.in(for_encoder.weights_layout()), source.input.in(for_input.weights_layout()), {}};
    for (PackedWeights& layer : source.recurrent) result.recurrent.push_back(layer.in(for_recurrent.weights_layout()));
    return result;
  };

  encoder = ConvolutionForward(encoder_shape, ConvolutionForward::Bias::added);
  input = ConvolutionForward(input_shape, ConvolutionForward::Bias::none);
  recurrent = ConvolutionForward(tick, ConvolutionForward::Bias::none);
  weights = packed(encoder, input, recurrent);
  if (passes == Passes::forward) return;

  ConvolutionShape all_ticks = tick;
  all_ticks.images *= size.steps * shape.ticks;
  encoder_data = ConvolutionBackwardData(encoder_shape);
  input_data = ConvolutionBackwardData(input_shape);
  recurrent_data = ConvolutionBackwardData(tick);
  encoder_weights = ConvolutionBackwardWeights(encoder_shape);
  input_weights = ConvolutionBackwardWeights(input_shape);
  recurrent_weights = ConvolutionBackwardWeights(all_ticks);
  backward_weights = packed(encoder_data, input_data, recurrent_data);
}

std::size_t UnrollPrimitives::scratch_bytes() const {
  return encoder.scratch_bytes() + input.scratch_bytes() + recurrent.scratch_bytes() + encoder_data.scratch_bytes() +
         input_data.scratch_bytes() + recurrent_data.scratch_bytes() + encoder_weights.scratch_bytes() +
         input_weights.scratch_bytes() + recurrent_weights.scratch_bytes();
}

UnrollMemory::UnrollMemory(const NetworkWeights& weights, const UnrollSize& largest, Passes passes)
    : head(weights.shape(), largest),
      C_(static_cast<std::size_t>(weights.shape().channels)),
      N_(product({weights.shape().height, weights.shape().width})),
      X_(static_cast<std::size_t>(weights.layout().recurrent_inputs)),
      keeps_(passes == Passes::forward_and_backward),
      size_(largest) {
  const NetworkParts& layout = weights.layout();
  const NetShape& shape = layout.shape;
  const std::size_t boards = product({largest.boards}), images = product({largest.boards, largest.steps});
  encoder = AlignedFloats(images * N_ * C_);
  skip = AlignedFloats(images * N_ * C_);
  input = AlignedFloats(images * N_ * 4 * C_ * product({shape.layers}));
  class_sums = AlignedFloats(boards * product({layout.classes.count()}) * 4 * C_);
  const std::size_t ticks = keeps_ ? product({largest.steps, shape.ticks}) : 1;
  for (int d = 0; d < shape.layers; ++d) {
    layers_.push_back({.recurrent_input = AlignedFloats((ticks + 1) * boards * N_ * X_),
                       .cell = AlignedFloats((keeps_ ? ticks + 1 : 1) * boards * N_ * C_),
                       .gates = AlignedFloats(ticks * boards * N_ * 4 * C_),
                       .maximum = AlignedFloats(ticks * boards * C_),
                       .mean = AlignedFloats(ticks * boards * C_),
                       .injected = AlignedFloats(ticks * boards * C_)});
  }
}

// Without activations to keep, h alternates between two arrays (a tick reads one and writes the other) and the rest is
// overwritten by the next tick.
float* UnrollMemory::recurrent_input(int d, int n) {
  const auto slot = static_cast<std::size_t>(keeps_ ? n : n % 2);
  return layers_[static_cast<std::size_t>(d)].recurrent_input.data() + slot * board_floats(N_ * X_);
}

float* UnrollMemory::own_hidden(int d, int n) { return recurrent_input(d, n) + (X_ - C_); }

float* UnrollMemory::cell(int d, int n) {
  return layers_[static_cast<std::size_t>(d)].cell.data() + static_cast<std::size_t>(keeps_ ? n : 0) * board_floats(N_ * C_);
}

float* UnrollMemory::gates(int d, int n) {
  return layers_[static_cast<std::size_t>(d)].gates.data() +
         static_cast<std::size_t>(keeps_ ? n : 0) * board_floats(N_ * 4 * C_);
}

float* UnrollMemory::maximum(int d, int n) {
  return layers_[static_cast<std::size_t>(d)].maximum.data() + static_cast<std::size_t>(keeps_ ? n : 0) * board_floats(C_);
}

float* UnrollMemory::mean(int d, int n) {
  return layers_[static_cast<std::size_t>(d)].mean.data() + static_cast<std::size_t>(keeps_ ? n : 0) * board_floats(C_);
}

float* UnrollMemory::injected(int d, int n) {
  return layers_[static_cast<std::size_t>(d)].injected.data() + static_cast<std::size_t>(keeps_ ? n : 0) * board_floats(C_);
}

std::size_t UnrollMemory::bytes() const {
  std::size_t sum = head.bytes() + encoder.bytes() + skip.bytes() + input.bytes() + class_sums.bytes();
  for (const Layer& layer : layers_) {
    sum += layer.recurrent_input.bytes() + layer.cell.bytes() + layer.gates.bytes() + layer.maximum.bytes() +
           layer.mean.bytes() + layer.injected.bytes();
  }
  return sum;
}

UnrollGradients::UnrollGradients(const NetworkWeights& weights, const UnrollSize& largest) : head(weights.shape(), largest) {
  const NetworkParts& layout = weights.layout();
  const NetShape& shape = layout.shape;
  const std::size_t state = product({largest.boards, shape.height, shape.width, shape.channels});
  const std::size_t sums = product({largest.boards, layout.classes.count(), 4, shape.channels});
  const std::size_t steps = product({largest.steps});
  for (int d = 0; d < shape.layers; ++d) {
    hidden.emplace_back(state);
    cell.emplace_back(state);
    class_sums.emplace_back(steps * product({shape.ticks}) * sums);
  }
  recurrent_input = AlignedFloats(product({largest.boards, shape.height, shape.width, layout.recurrent_inputs}));
  for (AlignedFloats* pooled : {&injected, &maximum, &mean})
    *pooled = AlignedFloats(product({largest.boards, shape.channels}));
  skip = AlignedFloats(steps * state);
  encoder = AlignedFloats(steps * state);
}

std::size_t UnrollGradients::bytes() const {
  std::size_t sum = recurrent_input.bytes() + injected.bytes() + maximum.bytes() + mean.bytes() + head.bytes() +
                    skip.bytes() + encoder.bytes();
  for (std::size_t d = 0; d < hidden.size(); ++d) sum += hidden[d].bytes() + cell[d].bytes() + class_sums[d].bytes();
  return sum;
}

UnrollSlice::UnrollSlice(const NetworkWeights& weights_, UnrollPrimitives& primitives_, UnrollMemory& memory_,
                         const UnrollView& unroll_, int first_)
    : weights(weights_),
      layout(weights.layout()),
      shape(layout.shape),
      primitives(primitives_),
      memory(memory_),
      unroll(unroll_),
      first(first_),
      boards(memory.size().boards),
      steps(memory.size().steps),
      board_state(product({shape.height, shape.width, shape.channels})),
      state(board_state * product({boards})),
      cell{boards,
           shape.height * shape.width,
           shape.channels,
           layout.classes.count(),
           layout.classes.of_cell.data(),
           shape.output_gate} {}

}  // namespace boxwarp
