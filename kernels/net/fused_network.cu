// The fused network as one thing: which shapes it covers, its memory, and the order of its launches.
#include "kernels/net/fused_network.cuh"

#include "kernels/net/backward_ops.cuh"
#include "kernels/net/conv_lstm_tile.hpp"
#include "kernels/net/fused_ops.cuh"
#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE {

namespace {

// An unroll is gone through in stretches: one, or where activations are computed again several, of which the last is kept
// from the way forward.
class FusedBody : public plain::Body {
 public:
  FusedBody(MemoryBlock& block, const NetShape& shape, const NetLimits& given, const NetMode& mode)
      : shape_(device_shape(shape, mode.precision)) {
    const plain::Largest most(given);
    const int forward_steps = most.inference ? given.forward_steps : 0;
    const NetLimits limits{most.forward_boards, forward_steps, most.training_boards, most.training_steps};
    most_steps_ = stretch_steps(limits.training_steps, mode.recompute);
    memory_ = take_memory(shape_, limits, most_steps_, block);
    const int passing = limits.forward_boards * limits.forward_steps;
    const int training = limits.training_boards * limits.training_steps;
    heads_ = take_heads_scratch(shape_, passing < training ? training : passing, most.training, block);
    if (most.training)
      backward_ = take_backward_scratch(shape_, limits.training_steps, most_steps_, limits.training_boards, block);
  }

  void load(Executor& executor, const float* parameters) const override {
    pack_weights(executor, shape_, parameters, memory_.weights);
  }

  void forward(Executor& executor, const UnrollView& unroll, bool keep_activations) const override {
    if (keep_activations)
      keep(executor, unroll);
    else
      run(executor, unroll, memory_.passing);
    const FusedActivations& activations = keep_activations ? memory_.kept : memory_.passing;
    heads_forward(executor, shape_, memory_.weights, heads_, unroll.steps * unroll.boards, activations.features,
                  activations.units, unroll.logits, unroll.values);
  }

  void backward(Executor& executor, const UnrollView& unroll, const UnrollGradientView& gradient) const override {
    const int images = unroll.steps * unroll.boards, stretches = stretches_of(unroll.steps, most_steps_);
    outputs_backward(executor, shape_, memory_.weights, images, gradient, memory_.kept, heads_, backward_);
    Stretch stretch{.steps = 0,
                    .boards = unroll.boards,
                    .most_steps = unroll.steps < most_steps_ ? unroll.steps : most_steps_,
                    .adds = false};
    for (int i = stretches - 1; i >= 0; --i, stretch.adds = true) {
      const UnrollView steps = stretch_of(unroll, i);
      stretch.steps = steps.steps;
      if (i < stretches - 1) run(executor, steps, kept_of(unroll, i));
      BackwardScratch scratch = backward_;
      const ActivationIndex at{shape_, unroll.boards};
      scratch.grad_features += at.features(i * most_steps_, 0);
      stretch_backward(executor, shape_, memory_.weights, stretch, steps, kept_of(unroll, i), scratch,
                       i == 0 ? gradient.grad_h_start : nullptr, i == 0 ? gradient.grad_c_start : nullptr);
    }
    gather_gradient(executor, shape_, stretch, backward_, gradient.grad_parameters);
  }

 private:
  void run(Executor& executor, const UnrollView& unroll, const FusedActivations& activations) const {
    encode(executor, shape_, memory_.weights, unroll, memory_.scratch, activations);
    conv_lstm_forward(executor, shape_, memory_.weights, unroll, memory_.scratch, activations);
  }

  void keep(Executor& executor, const UnrollView& unroll) const {
    const int stretches = stretches_of(unroll.steps, most_steps_);
    if (stretches > 1) {
      plain::copy(executor, memory_.h_starts, unroll.h_start, states(unroll));
      plain::copy(executor, memory_.c_starts, unroll.c_start, states(unroll));
    }
    for (int i = 0; i < stretches; ++i) {
      FusedActivations activations = kept_of(unroll, i);
      UnrollView steps = stretch_of(unroll, i);
      if (i == stretches - 1) {
        steps.h_end = unroll.h_end;
        steps.c_end = unroll.c_end;
      } else {
        activations.first = activations.hidden = activations.cells = activations.gates = nullptr;
        activations.pooled = nullptr;
        steps.h_end = memory_.h_starts + static_cast<std::size_t>(i + 1) * states(unroll);
        steps.c_end = memory_.c_starts + static_cast<std::size_t>(i + 1) * states(unroll);
      }
      run(executor, steps, activations);
    }
  }

  std::size_t states(const UnrollView& unroll) const {
    return static_cast<std::size_t>(shape_.layers * unroll.boards) * static_cast<std::size_t>(shape_.features());
  }

  // What of the unroll a stretch reads; it writes no states.
  UnrollView stretch_of(const UnrollView& unroll, int i) const {
    UnrollView steps = unroll;
    const int before = i * most_steps_, left = unroll.steps - before;
    const auto rows = static_cast<std::size_t>(before) * static_cast<std::size_t>(unroll.boards);
    steps.steps = left < most_steps_ ? left : most_steps_;
    steps.cells += rows * static_cast<std::size_t>(shape_.cells());
    steps.episode_starts += rows;
    steps.h_end = steps.c_end = nullptr;
    if (stretches_of(unroll.steps, most_steps_) > 1) {
      steps.h_start = memory_.h_starts + static_cast<std::size_t>(i) * states(unroll);
      steps.c_start = memory_.c_starts + static_cast<std::size_t>(i) * states(unroll);
    }
    return steps;
  }

  FusedActivations kept_of(const UnrollView& unroll, int i) const {
    FusedActivations kept = memory_.kept;
    kept.features += ActivationIndex{shape_, unroll.boards}.features(i * most_steps_, 0);
    return kept;
  }

  FusedShape shape_;
  int most_steps_;  // of a stretch
  FusedMemory memory_;
  HeadsScratch heads_{};
  BackwardScratch backward_{};
};

// Whether a network has the published options, those excepted that the kernels here take.
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
  sizes.output_gate = shape.output_gate;
  return shape == sizes;
}

}  // namespace

bool fused_covers(const NetShape& shape, const NetMode& mode) {
  const bool channels = shape.channels == 16 || shape.channels == 32 || shape.channels == 64;
  if (mode.precision == Precision::float32 || !published_options(shape) || !channels) return false;
  if (shape.height < 2 || shape.width < 2) return false;  // tiles.hpp counts on different first and last rows
  const FusedShape fused = fused_shape(shape);
  return fused.m_tiles > 0 && conv_lstm_fits(fused) && way_back_fits(fused, kLeastSharedBytes);
}

bool warpgroups_multiply(const NetShape& shape, const NetMode& mode) {
  return fused_covers(shape, mode) && device_shape(shape, mode.precision).warpgroups;
}

std::unique_ptr<plain::Body> create_fused(MemoryBlock& block, const NetShape& shape, const NetLimits& limits,
                                          const NetMode& mode) {
  return std::make_unique<FusedBody>(block, shape, limits, mode);
}

}  // namespace boxwarp::DEVICE
