// Convolutions (cross-correlations) of stride 1 with SAME padding over channels-last images, by oneDNN.
//
// SAME with an even kernel pads one cell less before than after, as the published network does. Each class is one
// direction for one size; see PreparedPrimitive about threads.
#pragma once

#include "host/cpu/packed_weights.hpp"
#include "host/cpu/prepared_primitive.hpp"

namespace boxwarp {

struct ConvolutionShape {
  int images, height, width, inputs, outputs;
  int kernel;  // height and width

  bool operator==(const ConvolutionShape&) const = default;
};

// The layout of dense weights: (outputs, inputs, kernel, kernel).
dnnl::memory::desc dense_convolution_weights(int outputs, int inputs, int kernel);

class ConvolutionForward {
 public:
  enum class Bias { none, added };
  ConvolutionForward() = default;
  ConvolutionForward(const ConvolutionShape& shape, Bias bias);

  const dnnl::memory::desc& weights_layout() const { return weights_layout_; }
  std::size_t scratch_bytes() const { return primitive_.scratch_bytes(); }

  // x: (images, height, width, inputs). weights: in weights_layout(). bias: (outputs), read only with Bias::added.
  // y: (images, height, width, outputs) out.
  void run(const float* x, const float* weights, const float* bias, float* y);

 private:
  dnnl::memory::desc weights_layout_;
  bool has_bias_ = false;
  PreparedPrimitive primitive_;
};

class ConvolutionBackwardData {
 public:
  ConvolutionBackwardData() = default;
  explicit ConvolutionBackwardData(const ConvolutionShape& shape);

  const dnnl::memory::desc& weights_layout() const { return weights_layout_; }
  std::size_t scratch_bytes() const { return primitive_.scratch_bytes(); }

  // grad_y: (images, height, width, outputs). weights: in weights_layout(). grad_x: (images, height, width, inputs) out.
  void run(const float* grad_y, const float* weights, float* grad_x);

 private:
  dnnl::memory::desc weights_layout_;
  PreparedPrimitive primitive_;
};

class ConvolutionBackwardWeights {
 public:
  ConvolutionBackwardWeights() = default;
  explicit ConvolutionBackwardWeights(const ConvolutionShape& shape);

  std::size_t scratch_bytes() const { return primitive_.scratch_bytes() + packed_.bytes(); }

  // x: (images, height, width, inputs). grad_y: (images, height, width, outputs).
  // grad_weights: (outputs, inputs, kernel, kernel) out, overwritten.
  void run(const float* x, const float* grad_y, float* grad_weights);

 private:
  dnnl::memory::desc packed_layout_, dense_layout_;
  AlignedFloats packed_;
  PreparedPrimitive primitive_, unpack_;
};

}  // namespace boxwarp
