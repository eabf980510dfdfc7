// The way back of the fused bf16 network as kernels, in the order in which it runs them. A stretch that adds comes after the
// steps behind it, with the same scratch.
#pragma once

#include "kernels/net/backward_memory.hpp"
#include "kernels/net/heads.cuh"

namespace boxwarp::DEVICE {

// All steps, ticks and layers, from scratch.grad_features to the gradients of gates (in place of kept.gates), class_sums,
// grad_project and the gradients of the stretch's first states (null: not wanted). episode_starts: (steps, B).
void conv_lstm_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const Stretch& stretch,
                        const std::uint8_t* episode_starts, const FusedActivations& kept, const BackwardScratch& scratch,
                        float* grad_h_start, float* grad_c_start);

// From the gradients of gates and the kept tiles of h to scratch.recurrent.
void recurrent_weight_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch,
                               const FusedActivations& kept, const BackwardScratch& scratch);

// From class_sums and kept.pooled to scratch.injected and scratch.constant.
void injected_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch, const FusedActivations& kept,
                       const BackwardScratch& scratch);

// From the gradients of gates and scratch.grad_features to grad_skip and image_bias; on to grad_first. The gradients of
// gates of tick 0 become those of the step: the sum over its ticks, rounded.
void skip_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const Stretch& stretch,
                   const FusedActivations& kept, const BackwardScratch& scratch);

// From the gradients of a step's gates and e to scratch.input.
void input_weight_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch, const FusedActivations& kept,
                           const BackwardScratch& scratch);

// From grad_skip and kept.first to scratch.encoder.
void encoder_weight_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch,
                             const FusedActivations& kept, const BackwardScratch& scratch);

// From grad_first and the cell codes (steps, B, H, W) to scratch.table; from image_bias to skip_bias.
void table_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch, const std::uint8_t* cells,
                    const BackwardScratch& scratch);

// From all parts to the published order; the heads' tensors excepted, which heads_backward writes. stretch: any of the
// unroll's.
void gather_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch, const BackwardScratch& scratch,
                     float* grad_parameters);

// Heads and dense layer of all images (T * B). heads: scratch of at least that many rows, made for training.
void outputs_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, int images,
                      const UnrollGradientView& gradient, const FusedActivations& kept, const HeadsScratch& heads,
                      const BackwardScratch& scratch);

// From conv_lstm_backward to table_gradient. unroll: the stretch's cells and episode_starts; scratch.grad_features
// begins with the stretch's.
void stretch_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const Stretch& stretch,
                      const UnrollView& unroll, const FusedActivations& kept, const BackwardScratch& scratch,
                      float* grad_h_start, float* grad_c_start);

// All of it for an unroll in one stretch.
void fused_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const UnrollView& unroll,
                    const UnrollGradientView& gradient, const FusedActivations& kept, const HeadsScratch& heads,
                    const BackwardScratch& scratch);

}  // namespace boxwarp::DEVICE
