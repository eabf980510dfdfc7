// What a plain network is made of besides its layers: a body that turns boards and states into the map z, and the head that
// turns z into logits and values.
#pragma once

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
        training_steps(limits.training_steps) {}

  bool inference, training;
  int forward_boards, training_boards, boards, training_steps;
};

// Dense layer, ReLU, dense layer: (boards, inputs) to (boards, actions + 1).
class Head {
 public:
  Head(MemoryBlock& block, const NetShape& shape, const Published& published, const Largest& largest);

  std::size_t hidden_size() const { return static_cast<std::size_t>(dense_.weights().outputs); }  // for each board

  void load(Executor& executor, const float* parameters) const;

  // hidden (boards, hidden_size) out: what backward needs. The first half of forward.
  void hidden(Executor& executor, std::int64_t boards, const float* x, float* hidden) const;
  void forward(Executor& executor, std::int64_t boards, const float* x, float* hidden, float* logits, float* values) const;

  void clear_gradient(Executor& executor) const;
  // Adds to the gradients of the parameters; grad_x (boards, inputs) out.
  void backward(Executor& executor, std::int64_t boards, const float* x, const float* hidden, const float* grad_logits,
                const float* grad_values, float* grad_x, float* partials) const;
  void write_gradient(Executor& executor, float* grad_parameters) const;

  std::size_t most_partials(std::int64_t boards) const;  // floats

 private:
  int actions_;
  Convolution dense_, outputs_;
  Vector dense_bias_, outputs_bias_;
  float* output_;       // (boards, outputs), of the forward pass, then their gradient
  float* grad_hidden_;  // (boards, hidden)
};

}  // namespace boxwarp::DEVICE::plain
