// The V-trace loss, board by board and backwards in time
// (kernels/learn/returns.hpp and losses.hpp have the formulas). On policy every
// ratio is 1, which is A2C (Mnih et al. 2016) with lambda-returns.
#include "host/cpu/learn.hpp"
#include "host/cpu/loss.hpp"
#include "kernels/learn/returns.hpp"

namespace boxwarp::cpu {

void vtrace_loss(Executor& executor, const TrajectoryView& trajectory, const LossCoefficients& coefficients,
                 const LearnClock* clock, float* grad_logits, float* grad_values, UpdateReport* report, void*) {
  check_trajectory("vtrace_loss", trajectory);
  const LossOfSample loss{trajectory, coefficients, static_cast<float>(clock->entropy), grad_logits, grad_values};
  over_boards(executor, trajectory, report, [&](std::size_t board, LossSums& sums) {
    const auto boards = static_cast<std::size_t>(trajectory.boards);
    std::size_t i = static_cast<std::size_t>(trajectory.steps) * boards + board;
    loss.add_bootstrap(i, sums);
    Vtrace vtrace = Vtrace::after_last_step(coefficients.gamma, coefficients.lambda, trajectory.values[i]);
    for (int t = trajectory.steps - 1; t >= 0; --t) {
      i -= boards;
      const Softmax policy = softmax(loss.logits(i), trajectory.actions);
      const StepTaken step{trajectory.values[i], trajectory.reward[i], trajectory.done[i] != 0,
                           trajectory.truncated[i] != 0};
      loss.add_vtrace(i, policy, vtrace.before(step, loss.clipped_ratio_of(i, policy)), sums);
    }
  });
}

}  // namespace boxwarp::cpu
