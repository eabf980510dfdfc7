// The way back of the fused bf16 network as kernels, in the order in which fused_backward runs them.
#pragma once

#include "kernels/net/backward_memory.hpp"
#include "kernels/net/heads.cuh"

namespace boxwarp::DEVICE {

// All steps, ticks and layers, from scratch.grad_features to the gradients of gates (in place of kept.gates), class_sums,
// grad_project and the gradients of the first states (null: not wanted).
void conv_lstm_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const UnrollView& unroll,
                        const FusedActivations& kept, const BackwardScratch& scratch, float* grad_h_start,
                        float* grad_c_start);

// From the gradients of gates and the kept tiles of h to scratch.recurrent.
void recurrent_weight_gradient(Executor& executor, const FusedShape& shape, int steps, int boards,
                               const FusedActivations& kept, const BackwardScratch& scratch);

// From class_sums and kept.pooled to scratch.injected and scratch.constant, which have that many slices for T * K * B rows.
int injected_slices(int rows);
void injected_gradient(Executor& executor, const FusedShape& shape, int steps, int boards, const FusedActivations& kept,
                       const BackwardScratch& scratch);

// The gradients of gates of tick 0 become those of the step: the sum over its ticks, rounded.
void sum_ticks(Executor& executor, const FusedShape& shape, int steps, int boards, const FusedActivations& kept);

// From the gradients of a step's gates and e to scratch.input.
void input_weight_gradient(Executor& executor, const FusedShape& shape, int steps, int boards, const FusedActivations& kept,
                           const BackwardScratch& scratch);

// From the gradients of a step's gates and scratch.grad_features to grad_skip and skip_bias; on to grad_first.
void skip_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, int steps, int boards,
                   const FusedActivations& kept, const BackwardScratch& scratch);

// From grad_skip and kept.first to scratch.encoder.
void encoder_weight_gradient(Executor& executor, const FusedShape& shape, int steps, int boards,
                             const FusedActivations& kept, const BackwardScratch& scratch);

// From grad_first and the cell codes (T, B, H, W) to scratch.table.
void table_gradient(Executor& executor, const FusedShape& shape, int steps, int boards, const std::uint8_t* cells,
                    const BackwardScratch& scratch);

// From all parts to the published order; the heads' tensors excepted, which heads_backward writes.
void gather_gradient(Executor& executor, const FusedShape& shape, int steps, int boards, const BackwardScratch& scratch,
                     float* grad_parameters);

// All of it. heads: scratch of at least T * B rows, made for training.
void fused_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const UnrollView& unroll,
                    const UnrollGradientView& gradient, const FusedActivations& kept, const HeadsScratch& heads,
                    const BackwardScratch& scratch);

}  // namespace boxwarp::DEVICE
