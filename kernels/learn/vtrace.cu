// The V-trace loss with its gradients (kernels/learn/returns.hpp and losses.hpp have the formulas) in four launches: ratios
// (thread = one sample), returns backwards in time (thread = one board), gradients (thread = one sample) and sums.
//
// Bytes per sample: 2 x 4A of logits for the ratio, 40 for the returns, 8A + 30 for logits, gradients and estimates. Double
// exponentials: 7A + 1 per sample.
#include "kernels/learn/loss.cuh"

namespace boxwarp::DEVICE {

namespace {

// ratio: (T, B) out, min(1, rho).
__global__ void __launch_bounds__(kLearnThreads)
    vtrace_ratio_kernel(const __grid_constant__ TrajectoryView trajectory, const __grid_constant__ LossCoefficients by,
                        double* ratio, FaultWord* fault) {
  const std::size_t i = thread_of_grid();
  if (i >= static_cast<std::size_t>(trajectory.steps) * static_cast<std::size_t>(trajectory.boards)) return;
  const LossOfSample loss{trajectory, by, 0, nullptr, nullptr};
  const bool known = is_action(trajectory, i, fault);
  ratio[i] = known ? loss.clipped_ratio_of(i, softmax(loss.logits(i), trajectory.actions)) : 1;
}

// ratio_then_advantage: (T, B) in: min(1, rho), out: advantage. target: (T, B) out.
__global__ void __launch_bounds__(kLearnThreads)
    vtrace_returns_kernel(const __grid_constant__ TrajectoryView trajectory, double gamma, double lambda,
                          double* ratio_then_advantage, double* target) {
  const std::size_t board = thread_of_grid(), boards = static_cast<std::size_t>(trajectory.boards);
  if (board >= boards) return;
  std::size_t i = static_cast<std::size_t>(trajectory.steps) * boards + board;
  Vtrace vtrace = Vtrace::after_last_step(gamma, lambda, trajectory.values[i]);
  for (int t = trajectory.steps - 1; t >= 0; --t) {
    i -= boards;
    const StepTaken step{trajectory.values[i], trajectory.reward[i], trajectory.done[i] != 0, trajectory.truncated[i] != 0};
    const Estimate estimate = vtrace.before(step, ratio_then_advantage[i]);
    target[i] = estimate.target;
    ratio_then_advantage[i] = estimate.advantage;
  }
}

// Five blocks a multiprocessor leave 102 registers a thread; left alone, the compiler spills to fit more.
__global__ void __launch_bounds__(kLearnThreads, 5)
    vtrace_gradient_kernel(const __grid_constant__ TrajectoryView trajectory, const __grid_constant__ LossCoefficients by,
                           const double* advantage, const double* target, const LearnClock* clock, float* grad_logits,
                           float* grad_values, LossSums* parts, FaultWord* fault) {
  LossTile& tile = shared<LossTile>();
  const std::size_t i = thread_of_grid(), boards = static_cast<std::size_t>(trajectory.boards);
  const std::size_t samples = static_cast<std::size_t>(trajectory.steps) * boards;
  const LossOfSample loss{trajectory, by, static_cast<double>(static_cast<float>(clock->entropy)), grad_logits, grad_values};
  LossSums sums;
  if (i < samples && is_action(trajectory, i, fault))
    loss.add_vtrace(i, softmax(loss.logits(i), trajectory.actions), {.target = target[i], .advantage = advantage[i]}, sums);
  else if (i < samples)
    sums.finite = false;
  else if (i < samples + boards)
    loss.add_bootstrap(i, sums);
  sums = sums_of_block(sums, tile);
  if (threadIdx.x == 0) parts[blockIdx.x] = sums;
}

}  // namespace

void vtrace_loss(Executor& executor, const TrajectoryView& trajectory, const LossCoefficients& coefficients,
                 const LearnClock* clock, float* grad_logits, float* grad_values, UpdateReport* report, void* workspace) {
  demand_positive("vtrace_loss", {trajectory.steps, trajectory.boards, trajectory.actions});
  const int steps = trajectory.steps, boards = trajectory.boards;
  const LossWorkspace work(workspace, steps, boards);
  FaultWord* fault = static_cast<DeviceExecutor&>(executor).fault();
  launch(executor, "vtrace_ratio", vtrace_ratio_kernel, learn_geometry(LossWorkspace::rows(steps, boards)), trajectory,
         coefficients, work.advantage, fault);
  launch(executor, "vtrace_returns", vtrace_returns_kernel, learn_geometry(static_cast<std::size_t>(boards)), trajectory,
         double{coefficients.gamma}, double{coefficients.lambda}, work.advantage, work.target);
  const Geometry samples = learn_geometry(LossWorkspace::rows(steps + 1, boards), sizeof(LossTile));
  launch(executor, "vtrace_gradient", vtrace_gradient_kernel, samples, trajectory, coefficients, work.advantage, work.target,
         clock, grad_logits, grad_values, work.parts, fault);
  report_loss(executor, work.parts, samples.blocks, steps, boards, report);
}

}  // namespace boxwarp::DEVICE
