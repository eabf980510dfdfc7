// Generalised advantage estimation (Schulman et al. 2016, equation 16), backwards in time:
//   delta_t = r_t + d_t V_{t+1} - V_t, 0 where truncated;  advantage_t = delta_t + d_t lambda advantage_{t+1};
//   target_t = advantage_t + V_t;  d_t = gamma (1 - done_t).
#include <stdexcept>

#include "host/cpu/learn.hpp"

namespace boxwarp::cpu {

// A few operations a sample: too little to share out among threads.
void gae(Executor&, int steps, int boards, const float* values, const float* reward, const std::uint8_t* done,
         const std::uint8_t* truncated, float gamma, float lambda, float* advantage, float* target) {
  if (steps < 1 || boards < 1) throw std::invalid_argument("gae: steps and boards must be at least 1");
  const auto stride = static_cast<std::size_t>(boards);
  for (std::size_t board = 0; board < stride; ++board) {
    double next_advantage = 0;
    for (int t = steps - 1; t >= 0; --t) {
      const std::size_t i = static_cast<std::size_t>(t) * stride + board;
      const double discount = done[i] ? 0 : gamma;
      const double value = values[i];
      const double delta = truncated[i] ? 0 : reward[i] + discount * values[i + stride] - value;
      next_advantage = delta + discount * lambda * next_advantage;
      advantage[i] = static_cast<float>(next_advantage);
      target[i] = static_cast<float>(next_advantage + value);
    }
  }
}

}  // namespace boxwarp::cpu
