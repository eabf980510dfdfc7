// Beginning and end of an update, by one thread, and the table of the learner's operations.
#include <algorithm>

#include "kernels/learn/loss.cuh"

namespace boxwarp::DEVICE {

namespace {

__global__ void begin_update_kernel(const __grid_constant__ UpdateSchedules schedules, LearnClock* clock,
                                    UpdateReport* report) {
  if (threadIdx.x != 0) return;
  clock->learning_rate = rate_at(schedules.learning_rate, clock->update);
  clock->entropy = rate_at(schedules.entropy, clock->update);
  *report = {};
  report->learning_rate = clock->learning_rate;
  report->entropy_coefficient = clock->entropy;
}

__global__ void end_update_kernel(int steps, const UpdateReport* report, UpdateReport* reports, int kept,
                                  LearnClock* clock) {
  if (threadIdx.x != 0) return;
  reports[clock->update % kept] = *report;
  clock->step_call += static_cast<std::uint64_t>(steps);
  ++clock->update;
}

void begin_update(Executor& executor, const UpdateSchedules& schedules, LearnClock* clock, UpdateReport* report) {
  launch(executor, "begin_update", begin_update_kernel, {1, kWarpLanes}, schedules, clock, report);
}

void end_update(Executor& executor, int steps, const UpdateReport* report, UpdateReport* reports, int kept,
                LearnClock* clock) {
  launch(executor, "end_update", end_update_kernel, {1, kWarpLanes}, steps, report, reports, kept, clock);
}

std::size_t workspace_bytes(int boards, int steps, std::size_t) {
  return std::max(LossWorkspace::bytes(steps, boards), 2 * kPieces * sizeof(double));
}

}  // namespace

const LearnOps& learn_ops() {
  static constexpr LearnOps ops{.workspace_bytes = workspace_bytes,
                                .begin_update = begin_update,
                                .end_update = end_update,
                                .sample = sample,
                                .record = record,
                                .shuffle = shuffle,
                                .gather = gather,
                                .vtrace_loss = vtrace_loss,
                                .gae = gae,
                                .normalise = normalise,
                                .ppo_loss = ppo_loss,
                                .add_scaled = add_scaled,
                                .norm = norm,
                                .adam = adam};
  return ops;
}

}  // namespace boxwarp::DEVICE
