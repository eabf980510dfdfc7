// The way back of the fused network, kernel after kernel.
#include "kernels/net/backward_ops.cuh"
#include "kernels/net/parameter_offsets.hpp"

namespace boxwarp::DEVICE {

void outputs_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, int images,
                      const UnrollGradientView& gradient, const FusedActivations& kept, const HeadsScratch& heads,
                      const BackwardScratch& scratch) {
  const ParameterOffsets at = parameter_offsets(shape);
  float* const to = gradient.grad_parameters;
  heads_backward(executor, shape, weights, heads, images, kept.features, kept.units,
                 {.logits = gradient.grad_logits,
                  .values = gradient.grad_values,
                  .features = scratch.grad_features,
                  .dense = to + at.dense,
                  .dense_bias = to + at.dense_bias,
                  .policy = to + at.policy,
                  .policy_bias = to + at.policy_bias,
                  .value = to + at.value,
                  .value_bias = to + at.value_bias});
}

void stretch_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const Stretch& stretch,
                      const UnrollView& unroll, const FusedActivations& kept, const BackwardScratch& scratch,
                      float* grad_h_start, float* grad_c_start) {
  conv_lstm_backward(executor, shape, weights, stretch, unroll.episode_starts, kept, scratch, grad_h_start, grad_c_start);
  recurrent_weight_gradient(executor, shape, stretch, kept, scratch);
  injected_gradient(executor, shape, stretch, kept, scratch);
  skip_backward(executor, shape, weights, stretch, kept, scratch);  // from here on tick 0 has the gradients of the step
  input_weight_gradient(executor, shape, stretch, kept, scratch);
  encoder_weight_gradient(executor, shape, stretch, kept, scratch);
  table_gradient(executor, shape, stretch, unroll.cells, scratch);
}

void fused_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const UnrollView& unroll,
                    const UnrollGradientView& gradient, const FusedActivations& kept, const HeadsScratch& heads,
                    const BackwardScratch& scratch) {
  const Stretch whole{.steps = unroll.steps, .boards = unroll.boards, .most_steps = unroll.steps, .adds = false};
  outputs_backward(executor, shape, weights, whole.images(), gradient, kept, heads, scratch);
  stretch_backward(executor, shape, weights, whole, unroll, kept, scratch, gradient.grad_h_start, gradient.grad_c_start);
  gather_gradient(executor, shape, whole, scratch, gradient.grad_parameters);
}

}  // namespace boxwarp::DEVICE
