// What a plain network is made of besides its layers: a body that goes through the unroll, and the head that turns the map z
// into logits and values.
#pragma once

#include <memory>

#include "kernels/net/plain_layers.cuh"

namespace boxwarp::DEVICE::plain {

// The most that a network is asked for at once.
struct Largest {
  explicit Largest(const NetLimits& limits)
      : inference(limits.forward_boards > 0 && limits.forward_steps > 0),
        training(limits.training_boards > 0 && limits.training_steps > 0),
        forward_boards(inference ? limits.forward_boards : 0),
        training_boards(training ? limits.training_boards : 0),
        boards(forward_boards > training_boards ? forward_boards : training_boards),
        training_steps(training ? limits.training_steps : 0) {}

  bool inference, training;
  int forward_boards, training_boards, boards, training_steps;
};

// One kind of network. Arguments are as those of Network and within the limits.
class Body {
 public:
  virtual ~Body() = default;
  virtual void load(Executor& executor, const float* parameters) const = 0;
  virtual void forward(Executor& executor, const UnrollView& unroll, bool keep_activations) const = 0;
  virtual void backward(Executor& executor, const UnrollView& unroll, const UnrollGradientView& gradient) const = 0;
};

// Takes its memory from the block.
std::unique_ptr<Body> create_drc(MemoryBlock& block, const NetShape& shape, const NetLimits& limits, const NetMode& mode);
std::unique_ptr<Body> create_resnet(MemoryBlock& block, const NetShape& shape, const NetLimits& limits, const NetMode& mode);

// Dense layer, ReLU, dense layer: from z (boards, cells, Z), flattened or pooled, to (boards, actions + 1).
class Head {
 public:
  Head(MemoryBlock& block, const NetShape& shape, const Published& published, const Largest& largest, Precision precision);

  std::size_t hidden_size() const { return static_cast<std::size_t>(dense_.weights().outputs); }  // for each board

  void load(Executor& executor, const float* parameters) const;

  // hidden (boards, hidden_size) out: what backward needs. The first half of forward.
  void hidden(Executor& executor, std::int64_t boards, const float* z, float* hidden) const;
  void forward(Executor& executor, std::int64_t boards, const float* z, float* hidden, float* logits, float* values) const;

  void clear_gradient(Executor& executor) const;
  // Adds to the gradients of the parameters; grad_z like z, out.
  void backward(Executor& executor, std::int64_t boards, const float* z, const float* hidden, const float* grad_logits,
                const float* grad_values, float* grad_z, float* partials) const;
  void write_gradient(Executor& executor, float* grad_parameters) const;

  std::size_t most_partials(std::int64_t boards) const;  // floats

 private:
  // What the dense layer reads; pools into pooled_ first where it is to.
  const float* input(Executor& executor, std::int64_t boards, const float* z) const;

  bool pools_;
  int actions_, cells_, channels_;  // the latter two: of z
  Convolution dense_, outputs_;
  Vector dense_bias_, outputs_bias_;
  float* output_;       // (boards, outputs), of the forward pass, then their gradient
  float* pooled_;       // (boards, 2, Z), only of a pooled head
  float* grad_hidden_;  // (boards, hidden)
  float* grad_pooled_;  // like pooled_
};

// The channels of the image that the first convolution reads.
int image_channels(const NetShape& shape);

}  // namespace boxwarp::DEVICE::plain
