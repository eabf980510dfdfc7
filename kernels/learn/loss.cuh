// What the kernels of both losses share: their workspace, and sums over samples that come together in a fixed order.
#pragma once

#include <cstddef>

#include "kernels/fault.cuh"
#include "kernels/learn/device_ops.cuh"
#include "kernels/learn/losses.hpp"

namespace boxwarp::DEVICE {

// Arrays of a loss in its workspace.
struct LossWorkspace {
  double* target;     // (T, B), V-trace
  double* advantage;  // (T, B), V-trace; min(1, rho) before that
  LossSums* parts;    // one for each block of samples

  static std::size_t rows(int steps, int boards) {
    return static_cast<std::size_t>(steps) * static_cast<std::size_t>(boards);
  }
  // Blocks for rows 0..T.
  static std::size_t blocks(int steps, int boards) { return learn_geometry(rows(steps + 1, boards)).blocks; }
  static std::size_t bytes(int steps, int boards) {
    return 2 * rows(steps, boards) * sizeof(double) + blocks(steps, boards) * sizeof(LossSums);
  }
  LossWorkspace(void* workspace, int steps, int boards)
      : target(static_cast<double*>(workspace)),
        advantage(target + rows(steps, boards)),
        parts(reinterpret_cast<LossSums*>(advantage + rows(steps, boards))) {}
};

struct LossTile {
  BlockSum<double> sum;
};

// Adds the sums of a block's threads up, all of which come; the same bits in each thread.
__device__ inline LossSums sums_of_block(const LossSums& mine, LossTile& tile) {
  LossSums sums;
  sums.policy_loss = block_sum(mine.policy_loss, tile.sum);
  sums.value_loss = block_sum(mine.value_loss, tile.sum);
  sums.entropy = block_sum(mine.entropy, tile.sum);
  sums.logit_l2 = block_sum(mine.logit_l2, tile.sum);
  sums.target = block_sum(mine.target, tile.sum);
  sums.target_square = block_sum(mine.target_square, tile.sum);
  sums.error = block_sum(mine.error, tile.sum);
  sums.error_square = block_sum(mine.error_square, tile.sum);
  sums.finite = __syncthreads_and(mine.finite) != 0;
  return sums;
}

// Is the action of sample i one of the A? If not, the lowest such board is told as a fault, and the loss counts as not
// finite.
__device__ inline bool is_action(const TrajectoryView& trajectory, std::size_t i, FaultWord* fault) {
  const std::uint8_t action = trajectory.action[i];
  if (action < trajectory.actions) return true;
  report(fault, {.kind = FaultKind::bad_action,
                 .environment = static_cast<std::uint32_t>(i % static_cast<std::size_t>(trajectory.boards)),
                 .value = action});
  return false;
}

// Adds the parts of a loss to the report, in their order.
void report_loss(Executor& executor, const LossSums* parts, unsigned count, int steps, int boards, UpdateReport* report);

}  // namespace boxwarp::DEVICE
