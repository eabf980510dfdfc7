// One gradient step (kernels/learn/gradient_step.hpp has the formula), and y += scale * x. Thread = one parameter; bytes: 28
// and
// 12. What is counted goes first, in a launch of its own, so that every block sees the same.
#include "kernels/learn/device_ops.cuh"
#include "kernels/learn/gradient_step.hpp"
#include "kernels/learn/losses.hpp"

namespace boxwarp::DEVICE {

namespace {

__global__ void count_step_kernel(const double* norm, LearnClock* clock, UpdateReport* report) {
  if (threadIdx.x == 0) counted_step(*norm, *clock, *report);
}

struct AdamTile {
  AdamStep step;
};

__global__ void __launch_bounds__(kLearnThreads)
    adam_kernel(const __grid_constant__ AdamView view, const LearnClock* clock, const UpdateReport* report) {
  AdamTile& tile = shared<AdamTile>();
  if (report->not_finite != 0) return;
  if (threadIdx.x == 0)
    tile.step = AdamStep::of(*view.norm, view.max_norm, clock->learning_rate, view.beta1, view.beta2, view.epsilon,
                             clock->gradient_step);
  __syncthreads();
  const std::size_t i = thread_of_grid();
  if (i < view.count) tile.step.apply(view.gradient[i], view.parameters[i], view.m[i], view.v[i]);
}

__global__ void __launch_bounds__(kLearnThreads)
    add_scaled_kernel(std::size_t count, float scale, const float* x, float* y) {
  const std::size_t i = thread_of_grid();
  if (i < count) y[i] += product(scale, x[i]);
}

}  // namespace

void add_scaled(Executor& executor, std::size_t count, float scale, const float* x, float* y) {
  if (count != 0) launch(executor, "add_scaled", add_scaled_kernel, learn_geometry(count), count, scale, x, y);
}

void adam(Executor& executor, const AdamView& view, LearnClock* clock, UpdateReport* report) {
  launch(executor, "count_step", count_step_kernel, {1, kWarpLanes}, view.norm, clock, report);
  if (view.count != 0)
    launch(executor, "adam", adam_kernel, learn_geometry(view.count, sizeof(AdamTile)), view, clock, report);
}

}  // namespace boxwarp::DEVICE
