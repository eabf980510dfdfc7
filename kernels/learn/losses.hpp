// The losses of one sample with their gradients: what V-trace and PPO share, and what tells them apart.
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/learn/learn.hpp"
#include "kernels/learn/returns.hpp"
#include "kernels/learn/softmax.hpp"
#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

HOST_DEVICE inline bool is_finite(double x) { return x - x == 0; }

// Sums over samples; what the report calls a mean is not divided yet.
struct LossSums {
  double policy_loss = 0, value_loss = 0, entropy = 0, logit_l2 = 0;
  double target = 0, target_square = 0, error = 0, error_square = 0;
  bool finite = true;  // every gradient

  HOST_DEVICE void add(const LossSums& part) {
    policy_loss += part.policy_loss;
    value_loss += part.value_loss;
    entropy += part.entropy;
    logit_l2 += part.logit_l2;
    target += part.target;
    target_square += part.target_square;
    error += part.error;
    error_square += part.error_square;
    finite = finite && part.finite;
  }
};

// Derivatives of the loss by what one row of logits decides.
struct RowGradient {
  double log_probability;  // of the action taken
  double entropy;
  double logit_l2;  // of the sum of squares
};

HOST_DEVICE inline void write_gradient(double gradient, float* out, LossSums& sums) {
  *out = static_cast<float>(gradient);
  if (!is_finite(static_cast<double>(*out))) sums.finite = false;
}

// grad_logits (A) out: the chain rule through log-softmax and entropy,
//   d log p(a) / d logit_i = [i = a] - p_i,  d entropy / d logit_i = -p_i (log p_i + entropy).
// Adds the row's squares to sums.
HOST_DEVICE inline void add_logit_row(const float* logits, int actions, const Softmax& policy, int action,
                                      const RowGradient& by, float* grad_logits, LossSums& sums) {
  for (int i = 0; i < actions; ++i) {
    const double logit = logits[i], log_p = log_probability(policy, logit), p = exp(log_p);
    const double chosen = i == action ? 1 : 0;
    write_gradient(by.log_probability * (chosen - p) - by.entropy * p * (log_p + policy.entropy) + 2 * by.logit_l2 * logit,
                   grad_logits + i, sums);
    sums.logit_l2 += logit * logit;
  }
}

// The same for a row that only the sum of squares reaches.
HOST_DEVICE inline void add_bootstrap_row(const float* logits, int actions, double by_logit_l2, float* grad_logits,
                                          LossSums& sums) {
  for (int i = 0; i < actions; ++i) {
    const double logit = logits[i];
    write_gradient(2 * by_logit_l2 * logit, grad_logits + i, sums);
    sums.logit_l2 += logit * logit;
  }
}

// Adds one value target to sums; *grad_value = d loss / d value, with mask_weight = coefficient * mask / samples.
HOST_DEVICE inline void add_value(double value, double target, double mask, double mask_weight, float* grad_value,
                                  LossSums& sums) {
  const double error = target - value;
  write_gradient(-2 * mask_weight * error, grad_value, sums);
  sums.value_loss += error * error * mask;
  sums.target += target;
  sums.target_square += target * target;
  sums.error += error;
  sums.error_square += error * error;
}

// The clipped surrogate of PPO (Schulman et al. 2017, equation 7), min(ratio A, clip(ratio) A), and its derivative, with
// d ratio / d log p = ratio.
struct Surrogate {
  double value, by_log_probability;
};

HOST_DEVICE inline Surrogate clipped_surrogate(double ratio, double advantage, double clip) {
  const double free = ratio * advantage;
  const double near = ratio < 1 - clip ? 1 - clip : 1 + clip < ratio ? 1 + clip : ratio;
  const double held = near * advantage;
  if (held < free) return {held, 0};
  return {free, free};
}

// Sample i = t * B + b of a trajectory in one of the losses: the gradients of its logits and its value, and its part of the
// sums. entropy: the coefficient. The action is below A.
struct LossOfSample {
  const TrajectoryView& trajectory;
  const LossCoefficients& coefficients;
  double entropy;
  float* grad_logits;
  float* grad_values;

  HOST_DEVICE const float* logits(std::size_t i) const {
    return trajectory.logits + i * static_cast<std::size_t>(trajectory.actions);
  }
  HOST_DEVICE const float* behaviour_logits(std::size_t i) const {
    return trajectory.behaviour_logits + i * static_cast<std::size_t>(trajectory.actions);
  }

  // min(1, rho); 1 where the policy counts as the one that acted.
  HOST_DEVICE double clipped_ratio_of(std::size_t i, const Softmax& policy) const {
    if (coefficients.on_policy) return 1;
    const int action = trajectory.action[i];
    const Softmax behaviour = softmax(behaviour_logits(i), trajectory.actions);
    return clipped_ratio(log_probability(policy, logits(i)[action]),
                         log_probability(behaviour, behaviour_logits(i)[action]));
  }

  HOST_DEVICE void add_vtrace(std::size_t i, const Softmax& policy, const Estimate& estimate, LossSums& sums) const {
    const double log_p = log_probability(policy, logits(i)[trajectory.action[i]]), masked = mask(i);
    sums.policy_loss -= log_p * estimate.advantage * masked;
    add(i, policy, -estimate.advantage * masked, estimate.target, masked, sums);
  }

  HOST_DEVICE void add_ppo(std::size_t i, const Softmax& policy, double advantage, double target, LossSums& sums) const {
    const int action = trajectory.action[i];
    const double behaviour = log_probability(softmax(behaviour_logits(i), trajectory.actions), behaviour_logits(i)[action]);
    const double ratio = exp(log_probability(policy, logits(i)[action]) - behaviour), masked = mask(i);
    const Surrogate surrogate = clipped_surrogate(ratio, advantage, coefficients.clip);
    sums.policy_loss -= surrogate.value * masked;
    add(i, policy, -surrogate.by_log_probability * masked, target, masked, sums);
  }

  // Row T of board b, which V-trace alone is given.
  HOST_DEVICE void add_bootstrap(std::size_t i, LossSums& sums) const {
    add_bootstrap_row(logits(i), trajectory.actions, coefficients.logit_l2,
                      grad_logits + i * static_cast<std::size_t>(trajectory.actions), sums);
    grad_values[i] = 0;
  }

 private:
  HOST_DEVICE double mask(std::size_t i) const { return trajectory.truncated[i] ? 0 : 1; }

  HOST_DEVICE void add(std::size_t i, const Softmax& policy, double by_log_probability, double target, double masked,
                       LossSums& sums) const {
    const double per_sample = 1.0 / (static_cast<double>(trajectory.steps) * trajectory.boards);
    sums.entropy += policy.entropy * masked;
    add_logit_row(logits(i), trajectory.actions, policy, trajectory.action[i],
                  {.log_probability = by_log_probability * per_sample,
                   .entropy = -entropy * masked * per_sample,
                   .logit_l2 = coefficients.logit_l2},
                  grad_logits + i * static_cast<std::size_t>(trajectory.actions), sums);
    add_value(trajectory.values[i], target, masked, coefficients.value * masked * per_sample, grad_values + i, sums);
  }
};

// Adds the sums of a gradient step's loss to the report; a loss or a gradient that is not finite counts there.
HOST_DEVICE inline void add_loss(const LossSums& sums, int steps, int boards, UpdateReport& report) {
  const double samples = static_cast<double>(steps) * boards;
  report.policy_loss += sums.policy_loss / samples;
  report.value_loss += sums.value_loss / samples;
  report.entropy += sums.entropy / samples;
  report.logit_l2 += sums.logit_l2;
  report.target_sum += sums.target;
  report.target_square_sum += sums.target_square;
  report.error_sum += sums.error;
  report.error_square_sum += sums.error_square;
  report.samples += static_cast<std::int64_t>(steps) * boards;
  const bool finite = sums.finite && is_finite(sums.policy_loss) && is_finite(sums.value_loss) && is_finite(sums.entropy) &&
                      is_finite(sums.logit_l2) && is_finite(sums.target_square) && is_finite(sums.error_square);
  if (!finite) ++report.not_finite;
}

// Counts a gradient step with the norm of its gradient; false where nothing may move, because the loss of this or an earlier
// step of the update was not finite, or the norm is not, which it then counts.
HOST_DEVICE inline bool counted_step(double norm, LearnClock& clock, UpdateReport& report) {
  ++clock.gradient_step;
  ++report.gradient_steps;
  report.gradient_norm += norm;
  if (report.not_finite == 0 && !is_finite(norm)) ++report.not_finite;
  return report.not_finite == 0;
}

}  // namespace boxwarp
