// The dense layer and the two heads of the fused network, forward and back.
#pragma once

#include "kernels/collective.cuh"
#include "kernels/net/fused_memory.hpp"

namespace boxwarp::DEVICE {

// Letters as in fused_memory.hpp; R = T * B rows. Room for R up to the limits of the network.
struct HeadsScratch {
  float* partial;    // (dense_slices, R, U)
  float* grad_head;  // (head_slices, O + 1, U): of the heads' weights, then of the dense bias
  float* grad_bias;  // (head_slices, O)
  Bf16* grad_units;  // (R, U rounded up to 8), zero beyond U
};

HOST_DEVICE constexpr int padded_units(int hidden) { return (hidden + 7) / 8 * 8; }

// training: also what the way back needs.
HeadsScratch take_heads_scratch(const FusedShape& shape, int rows, bool training, MemoryBlock& memory);

// features (R, F) to units (R, U), logits (R, A) and values (R).
void heads_forward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const HeadsScratch& scratch,
                   int rows, const Bf16* features, float* units, float* logits, float* values);

struct HeadsGradient {
  const float* logits;  // (R, A)
  const float* values;  // (R)
  float* features;      // (R, F) out
  float* dense;         // (U, F) out
  float* dense_bias;    // (U) out
  float* policy;        // (A, U) out
  float* policy_bias;   // (A) out
  float* value;         // (U) out
  float* value_bias;    // (1) out
};

// features and units: as forward had and left them.
void heads_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const HeadsScratch& scratch,
                    int rows, const Bf16* features, const float* units, const HeadsGradient& gradient);

}  // namespace boxwarp::DEVICE
