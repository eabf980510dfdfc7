#include "host/cpu/network_weights.hpp"

#include "host/cpu/convolution.hpp"

namespace boxwarp {

NetworkWeights::NetworkWeights(const NetShape& shape)
    : encoder(dense_convolution_weights(shape.channels, shape.channels, shape.encoder_kernel)),
      input(dense_convolution_weights(shape.layers * 4 * shape.channels, shape.channels, 3)),
      layout_(network_parts(shape)),
      parts_(layout_.size) {
  for (int d = 0; d < shape.layers; ++d) {
    recurrent.emplace_back(dense_convolution_weights(4 * shape.channels, layout_.recurrent_inputs, 3));
  }
}

void NetworkWeights::load(const float* parameters) {
  regroup(layout_, parameters, parts_.data());
  encoder.load(part(layout_.encoder_weights));
  input.load(part(layout_.layers.front().input));
  for (std::size_t d = 0; d < recurrent.size(); ++d) recurrent[d].load(part(layout_.layers[d].recurrent));
}

HeadsWeights NetworkWeights::heads() const {
  return {part(layout_.head.dense_weights), part(layout_.head.dense_bias), part(layout_.head.head_weights),
          part(layout_.head.head_bias)};
}

std::size_t NetworkWeights::bytes() const {
  std::size_t sum = parts_.bytes() + encoder.bytes() + input.bytes();
  for (const PackedWeights& layer : recurrent) sum += layer.bytes();
  return sum;
}

}  // namespace boxwarp
