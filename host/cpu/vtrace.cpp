// The V-trace loss (Espeholt et al. 2018) in the form of the published agents: lambda in the errors, rho-bar = c-bar = 1,
// squared value error without one half.
//
//   td_t     = min(1, rho_t) (r_t + d_t V_{t+1} - V_t),          d_t = gamma (1 - done_t)
//   err_t    = td_t + d_t lambda min(1, rho_t) err_{t+1},        target_t = err_t + V_t
//   q_t      = r_t + d_t (lambda target_{t+1} + (1 - lambda) V_{t+1}),  for the last step r + d V_T
//   advantage_t = min(1, rho_t) (q_t - V_t)
//
// On policy every rho is 1, which is A2C (Mnih et al. 2016) with lambda-returns.
#include <algorithm>
#include <cmath>

#include "host/cpu/learn.hpp"
#include "host/cpu/loss.hpp"

namespace boxwarp::cpu {

void vtrace_loss(Executor& executor, const TrajectoryView& trajectory, const LossCoefficients& coefficients,
                 const LearnClock* clock, float* grad_logits, float* grad_values, UpdateReport* report, void*) {
  check_trajectory("vtrace_loss", trajectory);
  const int steps = trajectory.steps, actions = trajectory.actions;
  const double per_sample = 1.0 / (static_cast<double>(steps) * trajectory.boards);
  const double lambda = coefficients.lambda, entropy = static_cast<float>(clock->entropy);

  over_boards(executor, trajectory, report, [&](int board, Softmax& policy, Softmax& behaviour, LossSums& sums) {
    const auto sample = [&](int t) {
      return static_cast<std::size_t>(t) * static_cast<std::size_t>(trajectory.boards) + static_cast<std::size_t>(board);
    };
    const auto row = [&](int t) { return sample(t) * static_cast<std::size_t>(actions); };

    add_bootstrap_row(trajectory.logits + row(steps), actions, coefficients.logit_l2, grad_logits + row(steps), sums);
    grad_values[sample(steps)] = 0;

    double next_error = 0, next_value = trajectory.values[sample(steps)];
    double next_target = next_value;  // the last step looks at V_T alone, whatever lambda is
    for (int t = steps - 1; t >= 0; --t) {
      const std::size_t i = sample(t);
      policy.assign(trajectory.logits + row(t));
      behaviour.assign(trajectory.behaviour_logits + row(t));
      const int action = trajectory.action[i];
      const double mask = trajectory.truncated[i] ? 0 : 1;
      const double value = trajectory.values[i];
      // Nobody saw the board that a truncated episode ended on: its step counts as if it had met its own value.
      const double reward = trajectory.truncated[i] ? value : trajectory.reward[i];
      const double discount = trajectory.done[i] ? 0 : coefficients.gamma;
      // min(ratio, 1) in this order keeps a NaN
      const double ratio = std::exp(policy.log_probability(action) - behaviour.log_probability(action));
      const double rho = coefficients.on_policy ? 1.0 : std::min(ratio, 1.0);

      const double error = rho * (reward + discount * next_value - value) + discount * lambda * rho * next_error;
      const double target = error + value;
      const double advantage = rho * (reward + discount * (lambda * next_target + (1 - lambda) * next_value) - value);

      sums.policy_loss -= policy.log_probability(action) * advantage * mask;
      sums.entropy += policy.entropy() * mask;
      add_logit_row(trajectory.logits + row(t), policy, action,
                    {.log_probability = -advantage * mask * per_sample,
                     .entropy = -entropy * mask * per_sample,
                     .logit_l2 = coefficients.logit_l2},
                    grad_logits + row(t), sums);
      add_value(value, target, mask, coefficients.value * mask * per_sample, grad_values + i, sums);
      next_error = error;
      next_value = value;
      next_target = target;
    }
  });
}

}  // namespace boxwarp::cpu
