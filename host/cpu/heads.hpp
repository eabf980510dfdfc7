// Dense layer with ReLU, then policy and value as one more product.
//
// Letters: R rows (boards times steps), F inputs, U hidden units, O outputs (actions and the value).
#pragma once

#include "host/cpu/packed_weights.hpp"
#include "host/cpu/prepared_primitive.hpp"

namespace boxwarp {

struct HeadsShape {
  int rows, inputs, hidden, outputs;
};

// The layout of dense weights: (U, F).
dnnl::memory::desc dense_weights(int hidden, int inputs);

class HeadsForward {
 public:
  HeadsForward() = default;
  explicit HeadsForward(const HeadsShape& shape);

  const dnnl::memory::desc& weights_layout() const { return weights_layout_; }
  std::size_t scratch_bytes() const { return dense_.scratch_bytes(); }

  // x: (R, F). weights: in weights_layout(). bias: (U). hidden: (R, U) out, after the ReLU.
  // head_weights: (O, U). head_bias: (O). outputs: (R, O) out.
  void run(const float* x, const float* weights, const float* bias, const float* head_weights, const float* head_bias,
           float* hidden, float* outputs);

 private:
  HeadsShape shape_{};
  dnnl::memory::desc weights_layout_;
  PreparedPrimitive dense_;
};

class HeadsBackward {
 public:
  HeadsBackward() = default;
  explicit HeadsBackward(const HeadsShape& shape);

  const dnnl::memory::desc& weights_layout() const { return weights_layout_; }
  std::size_t scratch_bytes() const;

  struct Gradients {
    float* weights;       // (U, F)
    float* bias;          // (U)
    float* head_weights;  // (O, U)
    float* head_bias;     // (O)
    float* x;             // (R, F)
  };

  // x, hidden: as the forward pass had them. weights: in weights_layout(). grad_outputs: (R, O). All gradients are
  // overwritten.
  void run(const float* x, const float* weights, const float* head_weights, const float* hidden, const float* grad_outputs,
           const Gradients& gradients);

 private:
  HeadsShape shape_{};
  dnnl::memory::desc weights_layout_, packed_layout_;
  AlignedFloats grad_hidden_, packed_;
  PreparedPrimitive data_, weights_, unpack_;
};

}  // namespace boxwarp
