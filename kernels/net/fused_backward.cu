// The way back of the fused network, kernel after kernel.
#include "kernels/net/backward_ops.cuh"
#include "kernels/net/parameter_offsets.hpp"

namespace boxwarp::DEVICE {

void fused_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const UnrollView& unroll,
                    const UnrollGradientView& gradient, const FusedActivations& kept, const HeadsScratch& heads,
                    const BackwardScratch& scratch) {
  const int T = unroll.steps, B = unroll.boards;
  const ParameterOffsets at = parameter_offsets(shape);
  float* const to = gradient.grad_parameters;
  heads_backward(executor, shape, weights, heads, T * B, kept.features, kept.units,
                 {.logits = gradient.grad_logits,
                  .values = gradient.grad_values,
                  .features = scratch.grad_features,
                  .dense = to + at.dense,
                  .dense_bias = to + at.dense_bias,
                  .policy = to + at.policy,
                  .policy_bias = to + at.policy_bias,
                  .value = to + at.value,
                  .value_bias = to + at.value_bias});
  conv_lstm_backward(executor, shape, weights, unroll, kept, scratch, gradient.grad_h_start, gradient.grad_c_start);
  recurrent_weight_gradient(executor, shape, T, B, kept, scratch);
  injected_gradient(executor, shape, T, B, kept, scratch);
  sum_ticks(executor, shape, T, B, kept);  // from here on tick 0 has the gradients of the step
  input_weight_gradient(executor, shape, T, B, kept, scratch);
  skip_backward(executor, shape, weights, T, B, kept, scratch);
  encoder_weight_gradient(executor, shape, T, B, kept, scratch);
  table_gradient(executor, shape, T, B, unroll.cells, scratch);
  gather_gradient(executor, shape, T, B, scratch, to);
}

}  // namespace boxwarp::DEVICE
