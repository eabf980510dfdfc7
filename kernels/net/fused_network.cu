// The fused network as one thing: which shapes it covers, its memory, and the order of its launches.
#include "kernels/net/fused_network.cuh"

#include "kernels/net/backward_ops.cuh"
#include "kernels/net/fused_ops.cuh"

namespace boxwarp::DEVICE {

namespace {

class FusedBody : public plain::Body {
 public:
  FusedBody(MemoryBlock& block, const NetShape& shape, const NetLimits& given) : shape_(fused_shape(shape)) {
    const plain::Largest most(given);
    const int forward_steps = most.inference ? given.forward_steps : 0;
    const NetLimits limits{most.forward_boards, forward_steps, most.training_boards, most.training_steps};
    memory_ = take_memory(shape_, limits, block);
    const int passing = limits.forward_boards * limits.forward_steps;
    const int training = limits.training_boards * limits.training_steps;
    heads_ = take_heads_scratch(shape_, passing < training ? training : passing, most.training, block);
    if (most.training) backward_ = take_backward_scratch(shape_, limits.training_steps, limits.training_boards, block);
  }

  void load(Executor& executor, const float* parameters) const override {
    pack_weights(executor, shape_, parameters, memory_.weights);
  }

  void forward(Executor& executor, const UnrollView& unroll, bool keep_activations) const override {
    const FusedActivations& activations = keep_activations ? memory_.kept : memory_.passing;
    encode(executor, shape_, memory_.weights, unroll, memory_.scratch, activations);
    conv_lstm_forward(executor, shape_, memory_.weights, unroll, memory_.scratch, activations);
    heads_forward(executor, shape_, memory_.weights, heads_, unroll.steps * unroll.boards, activations.features,
                  activations.units, unroll.logits, unroll.values);
  }

  void backward(Executor& executor, const UnrollView& unroll, const UnrollGradientView& gradient) const override {
    fused_backward(executor, shape_, memory_.weights, unroll, gradient, memory_.kept, heads_, backward_);
  }

 private:
  FusedShape shape_;
  FusedMemory memory_;
  HeadsScratch heads_{};
  BackwardScratch backward_{};
};

// The options of a network, its sizes left as they are.
bool published_options(const NetShape& shape) {
  NetShape sizes;
  sizes.layers = shape.layers;
  sizes.ticks = shape.ticks;
  sizes.channels = shape.channels;
  sizes.height = shape.height;
  sizes.width = shape.width;
  sizes.actions = shape.actions;
  sizes.hidden = shape.hidden;
  sizes.encoder_kernel = shape.encoder_kernel;
  sizes.input = shape.input;
  return shape == sizes;
}

}  // namespace

bool fused_covers(const NetShape& shape, const NetMode& mode) {
  const bool channels = shape.channels == 16 || shape.channels == 32 || shape.channels == 64;
  if (mode.precision != Precision::bf16 || mode.recompute || !published_options(shape) || !channels) return false;
  if (shape.height < 2 || shape.width < 2) return false;  // tiles.hpp counts on different first and last rows
  const FusedShape fused = fused_shape(shape);
  return fused.m_tiles > 0 && conv_lstm_fits(fused);
}

std::unique_ptr<plain::Body> create_fused(MemoryBlock& block, const NetShape& shape, const NetLimits& limits) {
  return std::make_unique<FusedBody>(block, shape, limits);
}

}  // namespace boxwarp::DEVICE
