// One action for each board from the softmax of its logits, by inverting the distribution function
// (kernels/learn/sampling.hpp). Thread = one board; bytes: 4A + 13.
#include "kernels/learn/device_ops.cuh"
#include "kernels/learn/sampling.hpp"
#include "kernels/sokoban/random.hpp"

namespace boxwarp::DEVICE {

namespace {

__global__ void __launch_bounds__(kLearnThreads)
    sample_kernel(int boards, int actions, const float* logits, const std::uint64_t* seed, const std::uint32_t* environment,
                  const LearnClock* clock, int t, std::uint8_t* action) {
  const std::size_t board = thread_of_grid();
  if (board >= static_cast<std::size_t>(boards)) return;
  const RandomWords words =
      draw(seed[board], environment[board], Stream::action, clock->step_call + static_cast<std::uint64_t>(t));
  action[board] = static_cast<std::uint8_t>(inverted(logits + board * static_cast<std::size_t>(actions), actions,
                                                     static_cast<double>(unit_interval(words.word[0]))));
}

}  // namespace

void sample(Executor& executor, int boards, int actions, const float* logits, const std::uint64_t* seed,
            const std::uint32_t* environment, const LearnClock* clock, int t, std::uint8_t* action) {
  demand_positive("sample", {boards});
  if (actions < 1 || actions > 256) throw std::invalid_argument("sample: actions must be 1 to 256");
  launch(executor, "sample", sample_kernel, learn_geometry(static_cast<std::size_t>(boards)), boards, actions, logits, seed,
         environment, clock, t, action);
}

}  // namespace boxwarp::DEVICE
