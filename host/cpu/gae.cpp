// Generalised advantage estimation, board by board (kernels/learn/returns.hpp has the formula).
#include <stdexcept>

#include "host/cpu/learn.hpp"
#include "kernels/learn/returns.hpp"

namespace boxwarp::cpu {

// A few operations a sample: too little to share out among threads.
void gae(Executor&, int steps, int boards, const float* values, const float* reward, const std::uint8_t* done,
         const std::uint8_t* truncated, float gamma, float lambda, float* advantage, float* target) {
  if (steps < 1 || boards < 1) throw std::invalid_argument("gae: steps and boards must be at least 1");
  const auto count = static_cast<std::size_t>(boards);
  for (std::size_t board = 0; board < count; ++board)
    gae_of_board(steps, count, board, values, reward, done, truncated, gamma, lambda, advantage, target);
}

}  // namespace boxwarp::cpu
