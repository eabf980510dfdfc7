// Layers with parameters: which tensors they are put together from.
#include <stdexcept>

#include "kernels/net/plain_layers.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

int number(std::int64_t size) { return static_cast<int>(size); }

// (outputs, inputs), or (outputs, inputs, k, k) of a convolution.
WeightPiece piece_of(const PartOf& part) {
  const std::vector<std::int64_t>& shape = part.tensor.shape;
  const int published = number(shape[1]);
  return {.offset = part.tensor.offset,
          .outputs = number(shape[0]),
          .taps = shape.size() == 4 ? number(shape[2] * shape[3]) : 1,
          .published_inputs = published,
          .first_input = part.first_input,
          .inputs = part.inputs < 0 ? published : part.inputs,
          .to_input = part.to_input,
          .to_output = part.to_output};
}

std::size_t padded_size(const std::vector<ParameterTensor>& tensors) {
  std::size_t size = 0;
  for (const ParameterTensor& tensor : tensors) size += tensor.size;
  return (size + kQuad - 1) / kQuad * kQuad;
}

}  // namespace

const ParameterTensor& Published::tensor(std::string_view name) const {
  for (const ParameterTensor& tensor : tensors_) {
    if (tensor.name == name) return tensor;
  }
  throw std::logic_error("network: no parameter is called " + std::string(name));
}

Convolution::Convolution(MemoryBlock& block, int kernel, int inputs, int outputs, const Purpose& purpose,
                         const std::vector<PartOf>& parts)
    : weights_{.kernel = kernel,
               .inputs = padded_to_quads(inputs),
               .outputs = padded_to_quads(outputs),
               .precision = purpose.precision} {
  const bool tiles = weights_.on_tiles();
  if (tiles) weights_.forward_tiles = block.take<Bf16>(weights_.forward_order().elements());
  if (!tiles) weights_.forward = block.take<float>(weights_.size());
  if (purpose.training) {
    if (tiles) weights_.backward_tiles = block.take<Bf16>(weights_.backward_order().elements());
    if (!tiles) weights_.backward = block.take<float>(weights_.size());
    weights_.gradient = block.take<float>(weights_.size());
  }
  for (const PartOf& part : parts) pieces_.push_back(piece_of(part));
}

void Convolution::load(Executor& executor, const float* parameters) const {
  for (const WeightPiece& piece : pieces_) pack_weights(executor, parameters, piece, weights_);
}

void Convolution::clear_gradient(Executor& executor) const { fill_zero(executor, weights_.gradient, weights_.size()); }

void Convolution::write_gradient(Executor& executor, float* grad_parameters) const {
  for (const WeightPiece& piece : pieces_) unpack_gradient(executor, weights_, piece, grad_parameters);
}

Vector::Vector(MemoryBlock& block, const Purpose& purpose, std::vector<ParameterTensor> tensors)
    : tensors_(std::move(tensors)),
      size_(padded_size(tensors_)),
      values_(block.take<float>(size_)),
      gradient_(purpose.training ? block.take<float>(size_) : nullptr) {}

void Vector::load(Executor& executor, const float* parameters) const {
  float* to = values_;
  for (const ParameterTensor& tensor : tensors_) {
    copy(executor, to, parameters + tensor.offset, tensor.size);
    to += tensor.size;
  }
}

void Vector::clear_gradient(Executor& executor) const { fill_zero(executor, gradient_, size_); }

void Vector::write_gradient(Executor& executor, float* grad_parameters) const {
  const float* from = gradient_;
  for (const ParameterTensor& tensor : tensors_) {
    copy(executor, grad_parameters + tensor.offset, from, tensor.size);
    from += tensor.size;
  }
}

}  // namespace boxwarp::DEVICE::plain
