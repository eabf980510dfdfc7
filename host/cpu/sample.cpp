// One action from softmax(logits) for each board.
#include <stdexcept>

#include "host/cpu/learn.hpp"
#include "kernels/learn/sampling.hpp"
#include "kernels/sokoban/random.hpp"

namespace boxwarp::cpu {

void sample(Executor&, int boards, int actions, const float* logits, const std::uint64_t* seed,
            const std::uint32_t* environment, const LearnClock* clock, int t, std::uint8_t* action) {
  if (actions < 1 || actions > 256) throw std::invalid_argument("sample: actions must be 1 to 256");
  const std::uint64_t step_call = clock->step_call + static_cast<std::uint64_t>(t);
  for (int board = 0; board < boards; ++board) {
    const RandomWords words = draw(seed[board], environment[board], Stream::action, step_call);
    action[board] = static_cast<std::uint8_t>(
        inverted(logits + static_cast<std::ptrdiff_t>(board) * actions, actions, double{unit_interval(words.word[0])}));
  }
}

}  // namespace boxwarp::cpu
