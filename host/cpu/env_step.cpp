// One step of every environment: rules, reward, ends of episodes, and the next episode in the same call.
//
// With same-step auto-reset in the small tier, the rules run over a whole chunk first, in a loop without branches that the
// compiler turns into several boards per instruction, once for each instruction set; what few episodes ended are dealt with
// one by one afterwards.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/env_step.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "host/cpu/env_parts.hpp"
#include "kernels/env/stepping.hpp"

HWY_BEFORE_NAMESPACE();
namespace boxwarp::cpu::HWY_NAMESPACE {

// Moves boards begin..end and writes rewards and flags; returns whether any episode ended. Three loops, because compilers
// take several boards at once only in loops this simple. Flattened: a call would keep their instruction set from the rules.
[[gnu::flatten]] bool move_chunk(EnvOptions options, const EnvStateView& state, const EnvOutputView& output,
                                 const std::uint8_t* chunk_actions, std::int64_t begin, std::int64_t end) {
  const std::int64_t count = end - begin;
  alignas(64) std::int32_t outcomes[kChunk];  // twice the change of matched boxes + 1, and 1 for solved
  {
    const std::uint64_t* __restrict walls = state.walls + begin, * __restrict targets = state.targets + begin;
    std::uint64_t* __restrict boxes = state.boxes + begin, * __restrict player = state.player + begin;
    const std::uint8_t* __restrict actions = chunk_actions + begin;
    for (std::int64_t i = 0; i < count; ++i) {
      const Level level{walls[i], targets[i]};
      const Board before{boxes[i], player[i]}, after = moved(level, before, static_cast<Action>(actions[i]));
      boxes[i] = after.boxes;
      player[i] = after.player;
      const int is_solved = int{solved(level, before)} | int{solved(level, after)};
      outcomes[i] = 2 * (matched_change(level, before, after) + 1) + is_solved;
    }
  }
  {
    float* __restrict reward = output.reward + begin;
    for (std::int64_t i = 0; i < count; ++i) reward[i] = reward_of(options, (outcomes[i] >> 1) - 1, (outcomes[i] & 1) != 0);
  }
  std::uint8_t any = 0;
  {
    const std::int32_t* __restrict cap = state.cap + begin;
    std::int32_t* __restrict steps = state.steps + begin, * __restrict matched = state.matched + begin;
    std::uint8_t* __restrict terminated = output.terminated + begin, * __restrict truncated = output.truncated + begin;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int32_t now = steps[i] + 1, is_solved = outcomes[i] & 1, late = now >= cap[i];
      steps[i] = now;
      matched[i] += (outcomes[i] >> 1) - 1;
      terminated[i] = static_cast<std::uint8_t>(is_solved);
      truncated[i] = static_cast<std::uint8_t>(late & ~is_solved);
    }
    for (std::int64_t i = 0; i < count; ++i) any = static_cast<std::uint8_t>(any | terminated[i] | truncated[i]);
  }
  return any != 0;
}

}  // namespace boxwarp::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boxwarp::cpu {

namespace {

HWY_EXPORT(move_chunk);

// Environment e alone, in every mode and tier, but for drawing its board.
void step_alone(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, const EnvOutputView& output,
                std::int64_t e, Action action) {
  if (!step_one(bank, options, state, output, e, action)) return;
  draw_board(bank, options, state, e, options.format, output.final_observation);
  end_one(bank, options, state, output, e);
}

// T steps of environment e; in the small tier the board stays in registers.
void play_one(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, const PlayTotals& totals,
              std::int64_t e, const std::uint8_t* actions, std::uint64_t step_call, int steps) {
  PlaySum sum;
  if (bank.tier == Tier::small) {
    SmallEpisode episode = load_small(state, e);
    for (int t = 0; t < steps; ++t) {
      if (!sum.add(move_small(options, episode, action_of(state, e, actions, step_call, t)))) continue;
      start_episode(bank, options, state, e, -1);
      episode = load_small(state, e);
    }
    store_small(episode, state, e);
  } else {
    for (int t = 0; t < steps; ++t) {
      const Action action = action_of(state, e, actions, step_call, t);
      if (sum.add(move_large(bank, options, state, e, action))) start_episode(bank, options, state, e, -1);
    }
  }
  sum.tell(totals, e);
}

}  // namespace

void step(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
          const EnvOutputView& output, const std::uint8_t* actions) {
  const bool in_chunks = bank.tier == Tier::small && options.auto_reset == AutoReset::same_step;
  for_chunks(executor, state.count, [&](std::int64_t begin, std::int64_t end) {
    if (in_chunks) {
      const bool any = HWY_DYNAMIC_DISPATCH(move_chunk)(options, state, output, actions, begin, end);
      for (std::int64_t e = begin; any && e < end; ++e) {
        if ((output.terminated[e] | output.truncated[e]) == 0) continue;
        draw_board(bank, options, state, e, options.format, output.final_observation);
        end_one(bank, options, state, output, e);
      }
    } else {
      for (std::int64_t e = begin; e < end; ++e)
        step_alone(bank, options, state, output, e, static_cast<Action>(actions[e]));
    }
    for (std::int64_t e = begin; output.observation != nullptr && e < end; ++e)
      draw_board(bank, options, state, e, options.format, output.observation);
  });
}

void step_many(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
               const PlayTotals& totals, const std::uint8_t* actions, std::uint64_t step_call, int steps) {
  for_chunks(executor, state.count, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e) play_one(bank, options, state, totals, e, actions, step_call, steps);
  });
}

void random_actions(Executor& executor, const EnvStateView& state, std::uint64_t step_call, std::uint8_t* actions) {
  for_chunks(executor, state.count, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e) {
      const RandomWords words = draw(state.seed[e], state.environment[e], Stream::random_play, step_call);
      actions[e] = static_cast<std::uint8_t>(below(words, kActions));
    }
  });
}

}  // namespace boxwarp::cpu

namespace boxwarp {

const EnvOps& cpu_env_ops() {
  static constexpr EnvOps ops{cpu::reset,    cpu::step,           cpu::step_many,     cpu::render,
                              cpu::generate, cpu::generate_bytes, cpu::random_actions};
  return ops;
}

}  // namespace boxwarp
#endif  // HWY_ONCE
