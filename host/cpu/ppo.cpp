// The clipped loss of PPO, board by board (kernels/learn/losses.hpp has the
// formulas).
#include "host/cpu/learn.hpp"
#include "host/cpu/loss.hpp"

namespace boxwarp::cpu {

void ppo_loss(Executor& executor, const TrajectoryView& trajectory, const float* advantage, const float* target,
              const LossCoefficients& coefficients, const LearnClock* clock, float* grad_logits, float* grad_values,
              UpdateReport* report, void*) {
  check_trajectory("ppo_loss", trajectory);
  const LossOfSample loss{trajectory, coefficients, static_cast<float>(clock->entropy), grad_logits, grad_values};
  over_boards(executor, trajectory, report, [&](std::size_t board, LossSums& sums) {
    const auto boards = static_cast<std::size_t>(trajectory.boards);
    const std::size_t samples = static_cast<std::size_t>(trajectory.steps) * boards;
    for (std::size_t i = board; i < samples; i += boards)
      loss.add_ppo(i, softmax(loss.logits(i), trajectory.actions), advantage[i], target[i], sums);
  });
}

}  // namespace boxwarp::cpu
