// What the steps of one board are worth, backwards in time: V-trace and generalised advantage estimation.
// d_t = gamma (1 - done_t).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

// What one step got.
struct StepTaken {
  double value, reward;
  bool done, truncated;
};

struct Estimate {
  double target, advantage;
};

// V-trace (Espeholt et al. 2018) in the form of the published agents: lambda in the errors, rho-bar = c-bar = 1.
//   td_t        = min(1, rho_t) (r_t + d_t V_{t+1} - V_t)
//   err_t       = td_t + d_t lambda min(1, rho_t) err_{t+1},        target_t = err_t + V_t
//   q_t         = r_t + d_t (lambda target_{t+1} + (1 - lambda) V_{t+1}),  for the last step r + d V_T
//   advantage_t = min(1, rho_t) (q_t - V_t)
struct Vtrace {
  double gamma, lambda;
  double next_error, next_value, next_target;  // of step t + 1

  // The last step looks at V_T alone, whatever lambda is.
  HOST_DEVICE static Vtrace after_last_step(double gamma, double lambda, double bootstrap_value) {
    return {gamma, lambda, 0, bootstrap_value, bootstrap_value};
  }

  // One step back; clipped_ratio: min(1, rho_t).
  HOST_DEVICE Estimate before(const StepTaken& step, double clipped_ratio) {
    // Nobody saw the board that a truncated episode ended on: its step counts as if it had met its own value.
    const double reward = step.truncated ? step.value : step.reward;
    const double discount = step.done ? 0 : gamma;
    const double error =
        clipped_ratio * (reward + discount * next_value - step.value) + discount * lambda * clipped_ratio * next_error;
    const double ahead = lambda * next_target + (1 - lambda) * next_value;
    next_error = error;
    next_value = step.value;
    next_target = error + step.value;
    return {.target = next_target, .advantage = clipped_ratio * (reward + discount * ahead - step.value)};
  }
};

// min(1, rho) in an order that keeps a NaN.
HOST_DEVICE inline double clipped_ratio(double log_probability, double behaviour_log_probability) {
  const double ratio = exp(log_probability - behaviour_log_probability);
  return 1.0 < ratio ? 1.0 : ratio;
}

// Generalised advantage estimation (Schulman et al. 2016, equation 16):
//   delta_t = r_t + d_t V_{t+1} - V_t, 0 where truncated;  advantage_t = delta_t + d_t lambda advantage_{t+1};
//   target_t = advantage_t + V_t
struct Gae {
  double gamma, lambda;
  double next_advantage, next_value;  // of step t + 1

  HOST_DEVICE Estimate before(const StepTaken& step) {
    const double discount = step.done ? 0 : gamma;
    const double delta = step.truncated ? 0 : step.reward + discount * next_value - step.value;
    next_advantage = delta + discount * lambda * next_advantage;
    next_value = step.value;
    return {.target = next_advantage + step.value, .advantage = next_advantage};
  }
};

// The same for every step of one board. Arrays: (steps, boards), values of (steps + 1, boards); of all of them the column
// `board` is read or written.
HOST_DEVICE inline void gae_of_board(int steps, std::size_t boards, std::size_t board, const float* values,
                                     const float* reward, const std::uint8_t* done, const std::uint8_t* truncated,
                                     double gamma, double lambda, float* advantage, float* target) {
  std::size_t i = static_cast<std::size_t>(steps) * boards + board;
  Gae gae{.gamma = gamma, .lambda = lambda, .next_advantage = 0, .next_value = values[i]};
  for (int t = steps - 1; t >= 0; --t) {
    i -= boards;
    const Estimate estimate = gae.before({values[i], reward[i], done[i] != 0, truncated[i] != 0});
    advantage[i] = static_cast<float>(estimate.advantage);
    target[i] = static_cast<float>(estimate.target);
  }
}

}  // namespace boxwarp
