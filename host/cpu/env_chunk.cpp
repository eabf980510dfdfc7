// The rules over a chunk of boards, in loops without branches that the compiler turns into several boards per instruction,
// once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/env_chunk.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cstring>

#include "host/cpu/env_chunk.hpp"
#include "kernels/env/stepping.hpp"

HWY_BEFORE_NAMESPACE();
namespace boxwarp::cpu::HWY_NAMESPACE {

// Three loops, because compilers take several boards at once only in loops this simple. Flattened: a call would keep their
// instruction set from the rules.
[[gnu::flatten, gnu::always_inline]] inline void move_boards(const EnvOptions& options, const EnvStateView& state,
                                                             const ChunkOutput& output, const std::uint8_t* chunk_actions,
                                                             std::int64_t begin, std::int64_t count) {
  alignas(64) std::int32_t outcomes[kChunk];  // twice the outcome, and 1 for solved
  {
    const std::uint64_t* __restrict walls = state.walls + begin, * __restrict targets = state.targets + begin;
    std::uint64_t* __restrict boxes = state.boxes + begin, * __restrict player = state.player + begin;
    const std::uint8_t* __restrict actions = chunk_actions;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto action = static_cast<Action>(actions[i]);
      const Level level{walls[i], targets[i]};
      const Board before{boxes[i], player[i]}, after = moved(level, before, action);
      boxes[i] = after.boxes;
      player[i] = after.player;
      const int is_solved = int{solved(level, before, options.solved_rule)} | int{solved(level, after, options.solved_rule)};
      const bool idles = options.actions > kActions && action == Action::no_op;
      const int outcome = matched_change(level, before, after) + 1 + 2 * int{idles};
      outcomes[i] = 2 * outcome + is_solved;
    }
  }
  static_assert(static_cast<int>(Outcome::kept) == 1 && static_cast<int>(Outcome::idle) == 1 + 2);
  {
    float* __restrict reward = output.reward;
    for (std::int64_t i = 0; i < count; ++i)
      reward[i] = reward_of(options, static_cast<Outcome>(outcomes[i] >> 1), (outcomes[i] & 1) != 0);
  }
  {
    const std::int32_t* __restrict cap = state.cap + begin;
    std::int32_t* __restrict steps = state.steps + begin, * __restrict matched = state.matched + begin;
    std::uint8_t* __restrict terminated = output.terminated, * __restrict truncated = output.truncated;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int32_t now = steps[i] + 1, is_solved = outcomes[i] & 1, late = now >= cap[i];
      const std::int32_t outcome = outcomes[i] >> 1;
      steps[i] = now;
      matched[i] += (outcome == static_cast<int>(Outcome::won)) - (outcome == static_cast<int>(Outcome::lost));
      terminated[i] = static_cast<std::uint8_t>(is_solved);
      truncated[i] = static_cast<std::uint8_t>(late & ~is_solved);
    }
  }
}

[[gnu::flatten]] void move_in_vectors(EnvOptions options, const EnvStateView& state, const ChunkOutput& output,
                                      const std::uint8_t* actions, std::int64_t begin, std::int64_t count) {
  if (options.actions == kActions && options.solved_rule == SolvedRule::boxes_matched) {
    options.actions = kActions;  // what nearly everybody plays gets loops of its own, with these as constants
    options.solved_rule = SolvedRule::boxes_matched;
    return move_boards(options, state, output, actions, begin, count);
  }
  move_boards(options, state, output, actions, begin, count);
  for (std::int64_t i = 0; state.idle != nullptr && i < count; ++i)
    state.idle[begin + i] += actions[i] == static_cast<std::uint8_t>(Action::no_op);
}

}  // namespace boxwarp::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boxwarp::cpu {

namespace {

HWY_EXPORT(move_in_vectors);

void prefetch_level(const LevelBankView& bank, std::int64_t level) {
  __builtin_prefetch(bank.walls + level);
  __builtin_prefetch(bank.targets + level);
  __builtin_prefetch(bank.boxes + level);
  __builtin_prefetch(bank.player + level);
}

}  // namespace

void move_chunk(const EnvOptions& options, const EnvStateView& state, const ChunkOutput& output, const std::uint8_t* actions,
                std::int64_t begin, std::int64_t end) {
  HWY_DYNAMIC_DISPATCH(move_in_vectors)(options, state, output, actions, begin, end - begin);
}

void EndedBoards::find(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                       const ChunkOutput& output, std::int64_t begin, std::int64_t end) {
  const std::int64_t count = end - begin;
  const auto look_at = [&](std::int64_t i) {
    if ((output.terminated[i] | output.truncated[i]) == 0) return;
    board_[count_] = begin + i;
    next_[count_] = next_episode(bank, options, state, begin + i, -1);
    prefetch_level(bank, next_[count_].level);
    ++count_;
  };
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8) {  // eight flags at once: most episodes go on
    std::uint64_t terminated, truncated;
    std::memcpy(&terminated, output.terminated + i, sizeof terminated);
    std::memcpy(&truncated, output.truncated + i, sizeof truncated);
    if ((terminated | truncated) == 0) continue;
    for (std::int64_t k = 0; k < 8; ++k) look_at(i + k);
  }
  for (; i < count; ++i) look_at(i);
}

}  // namespace boxwarp::cpu
#endif  // HWY_ONCE
