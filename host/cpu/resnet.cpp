#include "host/cpu/resnet.hpp"

#include <algorithm>

#include "host/cpu/parameter_terms.hpp"

namespace boxwarp {

namespace {

int inputs_of(const NetShape& shape, std::size_t convolution) {
  const int sequence = static_cast<int>(convolution / 3);
  return resnet_channels(shape, convolution % 3 == 0 ? sequence - 1 : sequence);
}

int outputs_of(const NetShape& shape, std::size_t convolution) {
  return resnet_channels(shape, static_cast<int>(convolution / 3));
}

std::size_t map_floats(const NetShape& shape, const UnrollSize& size, int channels) {
  return static_cast<std::size_t>(size.boards * size.steps) * static_cast<std::size_t>(shape.height * shape.width) *
         static_cast<std::size_t>(channels);
}

template <class Visit>
void for_each_term(const ResNetParts& layout, Visit&& visit) {
  ParameterTerms terms(layout.shape, visit);
  for (std::size_t i = 0; i < layout.convolutions.size(); ++i) {
    const ConvolutionParts& parts = layout.convolutions[i];
    if (i == 0) {
      terms.table(parts.weights);
    } else {
      terms.copy(parts.weights);
    }
    terms.copy(parts.bias);
  }
  terms.head(layout.head);
}

}  // namespace

ResNetParts resnet_parts(const NetShape& shape) {
  ResNetParts layout{};
  layout.shape = shape;
  PartLayout parts;
  const auto taps = static_cast<std::size_t>(shape.encoder_kernel * shape.encoder_kernel);
  for (std::size_t i = 0; i < 3 * static_cast<std::size_t>(shape.layers); ++i) {
    const auto outputs = static_cast<std::size_t>(outputs_of(shape, i));
    const std::size_t inputs = i == 0 ? kTableCodes : static_cast<std::size_t>(inputs_of(shape, i));
    const Part weights = parts.add(taps * inputs * outputs);
    layout.convolutions.push_back({weights, parts.add(outputs)});
  }
  layout.head = parts.add_head(shape);
  layout.size = parts.size();
  return layout;
}

void regroup(const ResNetParts& layout, const float* parameters, float* parts) {
  regroup_by([&layout](auto&& visit) { for_each_term(layout, visit); }, parameters, layout.size, parts);
}

void regroup_gradient(const ResNetParts& layout, const float* grad_parts, float* grad_parameters) {
  regroup_gradient_by([&layout](auto&& visit) { for_each_term(layout, visit); }, grad_parts, parameter_count(layout.shape),
                      grad_parameters);
}

ResNetWeights::ResNetWeights(const NetShape& shape) : layout_(resnet_parts(shape)), parts_(layout_.size) {
  for (std::size_t i = 1; i < layout_.convolutions.size(); ++i) {
    packed.emplace_back(dense_convolution_weights(outputs_of(shape, i), inputs_of(shape, i), shape.encoder_kernel));
  }
}

void ResNetWeights::load(const float* parameters) {
  regroup(layout_, parameters, parts_.data());
  for (std::size_t i = 0; i < packed.size(); ++i) packed[i].load(part(layout_.convolutions[i + 1].weights));
}

HeadsWeights ResNetWeights::heads() const {
  const HeadParts& head = layout_.head;
  return {part(head.dense_weights), part(head.dense_bias), part(head.head_weights), part(head.head_bias)};
}

std::size_t ResNetWeights::bytes() const {
  std::size_t sum = parts_.bytes();
  for (const PackedWeights& weights : packed) sum += weights.bytes();
  return sum;
}

ResNetPrimitives::ResNetPrimitives(ResNetWeights& weights, const UnrollSize& size, Passes passes) {
  const NetShape& shape = weights.shape();
  for (std::size_t i = 0; i < weights.packed.size(); ++i) {
    const int inputs = inputs_of(shape, i + 1), outputs = outputs_of(shape, i + 1);
    const auto [found, is_new] = convolutions_.try_emplace({inputs, outputs});
    Convolution& convolution = found->second;
    if (is_new) {
      const ConvolutionShape of_size{size.boards * size.steps, shape.height, shape.width, inputs, outputs,
                                     shape.encoder_kernel};
      convolution.forward = ConvolutionForward(of_size, ConvolutionForward::Bias::added);
      if (passes == Passes::forward_and_backward) {
        convolution.data = ConvolutionBackwardData(of_size);
        convolution.weights = ConvolutionBackwardWeights(of_size);
      }
    }
    PackedWeights& packed = weights.packed[i];
    const float* backward = passes == Passes::forward_and_backward ? packed.in(convolution.data.weights_layout()) : nullptr;
    uses_.push_back({&convolution, packed.in(convolution.forward.weights_layout()), backward});
  }
}

std::size_t ResNetPrimitives::scratch_bytes() const {
  std::size_t sum = 0;
  for (const auto& [channels, convolution] : convolutions_) {
    sum += convolution.forward.scratch_bytes() + convolution.data.scratch_bytes() + convolution.weights.scratch_bytes();
  }
  return sum;
}

ResNetMemory::ResNetMemory(const ResNetWeights& weights, const UnrollSize& largest, Passes passes)
    : head(weights.shape(), largest),
      residual(map_floats(weights.shape(), largest, 2 * weights.shape().channels)),
      keeps_(passes == Passes::forward_and_backward),
      sequences_(weights.shape().layers),
      size_(largest) {
  const NetShape& shape = weights.shape();
  const auto floats = [&](int channels) { return map_floats(shape, largest, channels); };
  if (!keeps_) {
    for (int i = 0; i < 2; ++i) outputs_.emplace_back(floats(2 * shape.channels));
    rectified_.emplace_back(floats(2 * shape.channels));
    return;
  }
  for (int i = 0; i < sequences_; ++i) {
    if (i + 1 < sequences_) outputs_.emplace_back(floats(resnet_channels(shape, i)));
    for (int block = 0; block < 2; ++block) rectified_.emplace_back(floats(resnet_channels(shape, i)));
  }
}

float* ResNetMemory::output(int sequence) {
  if (sequence == sequences_ - 1) return head.z.data();
  return outputs_[static_cast<std::size_t>(keeps_ ? sequence : sequence % 2)].data();
}

float* ResNetMemory::rectified(int sequence, int block) {
  return rectified_[static_cast<std::size_t>(keeps_ ? 2 * sequence + block : 0)].data();
}

std::size_t ResNetMemory::bytes() const {
  std::size_t sum = head.bytes() + residual.bytes();
  for (const AlignedFloats& output : outputs_) sum += output.bytes();
  for (const AlignedFloats& rectified : rectified_) sum += rectified.bytes();
  return sum;
}

ResNetGradients::ResNetGradients(const ResNetWeights& weights, const UnrollSize& largest)
    : head(weights.shape(), largest),
      x(map_floats(weights.shape(), largest, 2 * weights.shape().channels)),
      other(map_floats(weights.shape(), largest, 2 * weights.shape().channels)) {}

}  // namespace boxwarp
