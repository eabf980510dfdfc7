// The clipped loss of PPO (Schulman et al. 2017, equation 7): -min(ratio A, clip(ratio) A), with the ratio against the
// weights that acted; squared value error without one half and without clipping; entropy.
#include <algorithm>
#include <cmath>

#include "host/cpu/learn.hpp"
#include "host/cpu/loss.hpp"

namespace boxwarp::cpu {

namespace {

struct Surrogate {
  double value;
  double by_log_probability;  // its derivative, with d ratio / d log p = ratio
};

Surrogate clipped_surrogate(double ratio, double advantage, double clip) {
  const double free = ratio * advantage;
  const double held = std::clamp(ratio, 1 - clip, 1 + clip) * advantage;
  if (held < free) return {held, 0};
  return {free, free};
}

}  // namespace

void ppo_loss(Executor& executor, const TrajectoryView& trajectory, const float* advantage, const float* target,
              const LossCoefficients& coefficients, const LearnClock* clock, float* grad_logits, float* grad_values,
              UpdateReport* report, void*) {
  check_trajectory("ppo_loss", trajectory);
  const int steps = trajectory.steps, actions = trajectory.actions;
  const double per_sample = 1.0 / (static_cast<double>(steps) * trajectory.boards);
  const double entropy = static_cast<float>(clock->entropy);

  over_boards(executor, trajectory, report, [&](int board, Softmax& policy, Softmax& behaviour, LossSums& sums) {
    for (int t = 0; t < steps; ++t) {
      const std::size_t i =
          static_cast<std::size_t>(t) * static_cast<std::size_t>(trajectory.boards) + static_cast<std::size_t>(board);
      const std::size_t row = i * static_cast<std::size_t>(actions);
      policy.assign(trajectory.logits + row);
      behaviour.assign(trajectory.behaviour_logits + row);
      const int action = trajectory.action[i];
      const double mask = trajectory.truncated[i] ? 0 : 1;
      const double ratio = std::exp(policy.log_probability(action) - behaviour.log_probability(action));
      const Surrogate surrogate = clipped_surrogate(ratio, advantage[i], coefficients.clip);

      sums.policy_loss -= surrogate.value * mask;
      sums.entropy += policy.entropy() * mask;
      add_logit_row(trajectory.logits + row, policy, action,
                    {.log_probability = -surrogate.by_log_probability * mask * per_sample,
                     .entropy = -entropy * mask * per_sample,
                     .logit_l2 = coefficients.logit_l2},
                    grad_logits + row, sums);
      add_value(trajectory.values[i], target[i], mask, coefficients.value * mask * per_sample, grad_values + i, sums);
    }
  });
}

}  // namespace boxwarp::cpu
