// One action from softmax(logits) for each board: the first whose cumulative probability exceeds a number in [0, 1).
#include <cmath>
#include <stdexcept>

#include "host/cpu/learn.hpp"
#include "kernels/sokoban/random.hpp"

namespace boxwarp::cpu {

namespace {

// Sums of weights exp(logit - largest), not of probabilities: the last sum is the total itself, so the number scaled by it
// lies below for certain, and an action of weight zero raises no sum and is never the first to exceed anything.
int inverted(const float* logits, int actions, double number) {
  double largest = logits[0], total = 0;
  for (int i = 1; i < actions; ++i) largest = logits[i] > largest ? logits[i] : largest;
  for (int i = 0; i < actions; ++i) total += std::exp(logits[i] - largest);
  double sum = 0;
  for (int i = 0; i < actions; ++i) {
    sum += std::exp(logits[i] - largest);
    if (sum > number * total) return i;
  }
  return 0;  // only where a logit is not finite, which the loss reports
}

}  // namespace

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
