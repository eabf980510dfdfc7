// The clipped loss of PPO with its gradients (kernels/learn/losses.hpp has the formulas). Thread = one sample; the sums
// follow in a second launch. Bytes per sample: 12A + 18; double exponentials: 5A + 1.
#include "kernels/learn/loss.cuh"

namespace boxwarp::DEVICE {

namespace {

// Five blocks a multiprocessor leave 102 registers a thread; left alone, the compiler spills to fit more.
__global__ void __launch_bounds__(kLearnThreads, 5)
    ppo_gradient_kernel(const __grid_constant__ TrajectoryView trajectory, const __grid_constant__ LossCoefficients by,
                        const float* advantage, const float* target, const LearnClock* clock, float* grad_logits,
                        float* grad_values, LossSums* parts, FaultWord* fault) {
  LossTile& tile = shared<LossTile>();
  const std::size_t i = thread_of_grid();
  const std::size_t samples = static_cast<std::size_t>(trajectory.steps) * static_cast<std::size_t>(trajectory.boards);
  const LossOfSample loss{trajectory, by, static_cast<double>(static_cast<float>(clock->entropy)), grad_logits, grad_values};
  LossSums sums;
  if (i < samples && is_action(trajectory, i, fault))
    loss.add_ppo(i, softmax(loss.logits(i), trajectory.actions), advantage[i], target[i], sums);
  else if (i < samples)
    sums.finite = false;
  sums = sums_of_block(sums, tile);
  if (threadIdx.x == 0) parts[blockIdx.x] = sums;
}

}  // namespace

void ppo_loss(Executor& executor, const TrajectoryView& trajectory, const float* advantage, const float* target,
              const LossCoefficients& coefficients, const LearnClock* clock, float* grad_logits, float* grad_values,
              UpdateReport* report, void* workspace) {
  demand_positive("ppo_loss", {trajectory.steps, trajectory.boards, trajectory.actions});
  const LossWorkspace work(workspace, trajectory.steps, trajectory.boards);
  const Geometry samples = learn_geometry(LossWorkspace::rows(trajectory.steps, trajectory.boards), sizeof(LossTile));
  launch(executor, "ppo_gradient", ppo_gradient_kernel, samples, trajectory, coefficients, advantage, target, clock,
         grad_logits, grad_values, work.parts, static_cast<DeviceExecutor&>(executor).fault());
  report_loss(executor, work.parts, samples.blocks, trajectory.steps, trajectory.boards, report);
}

}  // namespace boxwarp::DEVICE
