// Generalised advantage estimation, board by board (kernels/learn/returns.hpp
// has the formula).
#include <stdexcept>

#include "host/cpu/learn.hpp"
#include "kernels/learn/returns.hpp"

namespace boxwarp::cpu {

// A few operations a sample: too little to share out among threads.
void gae(Executor&, int steps, int boards, const float* values, const float* reward, const std::uint8_t* done,
         const std::uint8_t* truncated, float gamma, float lambda, float* advantage, float* target) {
  if (steps < 1 || boards < 1) throw std::invalid_argument("gae: steps and boards must be at least 1");
  const auto stride = static_cast<std::size_t>(boards);
  for (std::size_t board = 0; board < stride; ++board) {
    std::size_t i = static_cast<std::size_t>(steps) * stride + board;
    Gae gae{.gamma = gamma, .lambda = lambda, .next_advantage = 0, .next_value = values[i]};
    for (int t = steps - 1; t >= 0; --t) {
      i -= stride;
      const Estimate estimate = gae.before({values[i], reward[i], done[i] != 0, truncated[i] != 0});
      advantage[i] = static_cast<float>(estimate.advantage);
      target[i] = static_cast<float>(estimate.target);
    }
  }
}

}  // namespace boxwarp::cpu
