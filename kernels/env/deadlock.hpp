// Whether the board of an environment is dead (kernels/sokoban/deadlock.hpp), told beside reward and flags.
#pragma once

#include "kernels/env/env.hpp"
#include "kernels/sokoban/bits.hpp"
#include "kernels/sokoban/deadlock.hpp"

namespace boxwarp {

// Under SolvedRule::targets_covered a box may be lost where there are more boxes than targets: nothing is told there.
HOST_DEVICE constexpr bool spares_boxes(SolvedRule rule, const Row* boxes, const Row* targets, int words) {
  int spare = 0;
  for (int word = 0; rule == SolvedRule::targets_covered && word < words; ++word)
    spare += bit_count(boxes[word]) - bit_count(targets[word]);
  return spare > 0;
}

// For after a step and before what ended goes on with its next episode: output.deadlock of environment e. What an episode
// keeps in state.live is found in its first step. Returns whether the episode ends now because its board is dead, where
// EnvOptions::end_on_deadlock asks for that: it is truncated then, for `terminated` says solved. One that is over already,
// and waits for a reset, does not end again, whatever its flags are.
HOST_DEVICE constexpr bool tell_deadlock(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                                         const EnvOutputView& output, std::int64_t e) {
  const std::int64_t at = e * bank.words;
  bool dead = false;
  if (state.steps[e] > 0 && !spares_boxes(options.solved_rule, state.boxes + at, state.targets + at, bank.words)) {
    if (bank.tier == Tier::small) {
      const Level level{state.walls[e], state.targets[e]};
      if (state.steps[e] == 1) state.live[e] = live_cells(level);
      dead = is_dead(level, {state.boxes[e], state.player[e]}, state.live[e]);
    } else {
      const LargeLevel level{state.walls + at, state.targets + at, bank.words};
      if (state.steps[e] == 1) find_live_cells(level, state.live + at);
      dead = is_dead(level, state.boxes + at, state.live + at, state.stuck + at);
    }
  }
  output.deadlock[e] = dead;
  const bool ends =
      options.end_on_deadlock && dead && state.ended[e] == 0 && (output.terminated[e] | output.truncated[e]) == 0;
  if (ends) output.truncated[e] = 1;
  return ends;
}

}  // namespace boxwarp
