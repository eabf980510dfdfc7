// The learner's operations, declared once for every backend.
//
// Letters: T steps, B boards, A actions, P parameters. Arrays are dense float32 unless said otherwise, slowest index first.
// Every sum has a fixed order, so that results do not depend on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/executor.hpp"

namespace boxwarp {

// A rollout of T steps seen with the current weights: what the losses read.
struct TrajectoryView {
  int steps;                      // T
  int boards;                     // B
  int actions;                    // A
  const float* logits;            // (T + 1, B, A) of the current weights; the last row is the bootstrap step
  const float* values;            // (T + 1, B) of the current weights
  const float* behaviour_logits;  // (T, B, A) of the weights that acted
  const std::int32_t* action;     // (T, B)
  const float* reward;            // (T, B)
  const std::uint8_t* done;       // (T, B) terminated or truncated
  const std::uint8_t* truncated;  // (T, B)
};

struct LossCoefficients {
  float gamma, lambda;
  float entropy, value;
  float logit_l2;  // times the sum of squares of all logits that the loss is given, unmasked; V-trace: (T + 1) rows
  float clip;      // PPO: the ratio stays within [1 - clip, 1 + clip]
};

// What a loss leaves behind. Means divide by T * B; a step that was truncated counts with zero.
struct LossStatistics {
  double policy_loss, value_loss, entropy, logit_l2;  // before their coefficients
  double target_sum, target_square_sum;               // of the value targets, unmasked, for explained variance
  double error_sum, error_square_sum;                 // of target - value, unmasked
  std::int64_t samples;                               // T * B
  bool finite;
};

struct LearnOps {
  // Draws an action from softmax(logits (B, A)) for each board by inverting its distribution function, with the number that
  // unit_interval makes of the first word of stream `action` of (seed[b], environment[b], step_call). An action of
  // probability zero is never drawn.
  void (*sample)(Executor&, int boards, int actions, const float* logits, const std::uint64_t* seed,
                 const std::uint32_t* environment, std::uint64_t step_call, std::uint8_t* action);

  // The published V-trace loss with gradients: grad_logits (T + 1, B, A), grad_values (T + 1, B), overwritten.
  LossStatistics (*vtrace_loss)(Executor&, const TrajectoryView&, const LossCoefficients&, float* grad_logits,
                                float* grad_values);

  // Generalised advantage estimation (Schulman et al. 2016) with the values of the rollout: values (T + 1, B).
  // advantage, target: (T, B) out; where truncated the temporal difference is zero.
  void (*gae)(Executor&, int steps, int boards, const float* values, const float* reward, const std::uint8_t* done,
              const std::uint8_t* truncated, float gamma, float lambda, float* advantage, float* target);

  // The clipped loss of PPO (Schulman et al. 2017) with gradients: grad_logits (T, B, A), grad_values (T, B), overwritten.
  // Reads T rows of logits and values (no bootstrap row). advantage, target: (T, B).
  LossStatistics (*ppo_loss)(Executor&, const TrajectoryView&, const float* advantage, const float* target,
                             const LossCoefficients&, float* grad_logits, float* grad_values);

  // L2 norm of x (count), summed in double in a fixed order.
  double (*norm)(Executor&, const float* x, std::size_t count);

  // Adam (Kingma, Ba 2015), bias-corrected, eps outside of the root, on gradient * scale. step counts from 1.
  // parameters, m, v: (P) in and out. gradient: (P) in.
  void (*adam)(Executor&, std::size_t count, float* parameters, float* m, float* v, const float* gradient, float scale,
               float learning_rate, float beta1, float beta2, float epsilon, std::int64_t step);
};

}  // namespace boxwarp
