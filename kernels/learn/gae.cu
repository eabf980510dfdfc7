// Generalised advantage estimation (kernels/learn/returns.hpp has the formula). Thread = one board; bytes per sample: 18.
#include "kernels/learn/device_ops.cuh"
#include "kernels/learn/returns.hpp"

namespace boxwarp::DEVICE {

namespace {

__global__ void __launch_bounds__(kLearnThreads)
    gae_kernel(int steps, int boards, const float* values, const float* reward, const std::uint8_t* done,
               const std::uint8_t* truncated, double gamma, double lambda, float* advantage, float* target) {
  const std::size_t board = thread_of_grid(), count = static_cast<std::size_t>(boards);
  if (board >= count) return;
  gae_of_board(steps, count, board, values, reward, done, truncated, gamma, lambda, advantage, target);
}

}  // namespace

void gae(Executor& executor, int steps, int boards, const float* values, const float* reward, const std::uint8_t* done,
         const std::uint8_t* truncated, float gamma, float lambda, float* advantage, float* target) {
  demand_positive("gae", {steps, boards});
  launch(executor, "gae", gae_kernel, learn_geometry(static_cast<std::size_t>(boards)), steps, boards, values, reward, done,
         truncated, double{gamma}, double{lambda}, advantage, target);
}

}  // namespace boxwarp::DEVICE
