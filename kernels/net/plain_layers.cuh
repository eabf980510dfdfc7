// Layers with parameters as the plain network keeps them: where their published tensors go, and their gradients.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernels/net/memory_block.hpp"
#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

// The tensors of a network by their names.
class Published {
 public:
  explicit Published(const NetShape& shape) : tensors_(parameter_tensors(shape)) {}

  // Throws std::logic_error where the network has none of that name.
  const ParameterTensor& tensor(std::string_view name) const;

 private:
  std::vector<ParameterTensor> tensors_;
};

// A part of a published convolution or dense tensor; inputs -1: all of them.
struct PartOf {
  const ParameterTensor& tensor;
  int first_input = 0, inputs = -1, to_input = 0, to_output = 0;
};

// What a layer is made for.
struct Purpose {
  bool training;
  Precision precision;  // of products
};

// Weights, put together from one or more published tensors.
class Convolution {
 public:
  // inputs, outputs: filled up to multiples of four here.
  Convolution(MemoryBlock& block, int kernel, int inputs, int outputs, const Purpose& purpose,
              const std::vector<PartOf>& parts);

  const ConvolutionWeights& weights() const { return weights_; }
  void load(Executor& executor, const float* parameters) const;
  void clear_gradient(Executor& executor) const;
  void write_gradient(Executor& executor, float* grad_parameters) const;

 private:
  ConvolutionWeights weights_;
  std::vector<WeightPiece> pieces_;
};

// A bias or another tensor that is used as published: one or more of them behind each other, filled up to a multiple of
// four.
class Vector {
 public:
  Vector(MemoryBlock& block, const Purpose& purpose, std::vector<ParameterTensor> tensors);

  const float* values() const { return values_; }
  float* gradient() const { return gradient_; }  // summed up by whoever uses the vector
  std::size_t size() const { return size_; }     // filled up

  void load(Executor& executor, const float* parameters) const;
  void clear_gradient(Executor& executor) const;
  void write_gradient(Executor& executor, float* grad_parameters) const;

 private:
  std::vector<ParameterTensor> tensors_;
  std::size_t size_;
  float* values_;
  float* gradient_;
};

}  // namespace boxwarp::DEVICE::plain
