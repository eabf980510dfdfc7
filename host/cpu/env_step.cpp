// One step of every environment: rules, reward, ends of episodes, and the next episode in the same call.
//
// The rules run over a whole chunk first, in a loop without branches that the compiler turns into several boards per
// instruction, once for each instruction set; what few episodes ended are dealt with one by one afterwards.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/env_step.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "host/cpu/env_parts.hpp"
#include "kernels/sokoban/random.hpp"
#include "kernels/sokoban/rules.hpp"

HWY_BEFORE_NAMESPACE();
namespace boxwarp::cpu::HWY_NAMESPACE {

// Moves boards begin..end and writes rewards and flags; returns whether any episode ended.
bool move_small(const EnvOptions& options, const EnvStateView& state, const EnvOutputView& output,
                const std::uint8_t* actions, std::int64_t begin, std::int64_t end) {
  const float* rewards = &options.rewards[0][0];
  std::uint64_t* boxes = state.boxes;
  std::uint64_t* player = state.player;
  std::uint8_t any = 0;
  for (std::int64_t e = begin; e < end; ++e) {
    const Level level{state.walls[e], state.targets[e]};
    const Board before{boxes[e], player[e]};
    const Board after = moved(level, before, static_cast<Action>(actions[e]));
    const int change = matched_change(level, before, after);
    // an episode that goes on was not solved before, but for a level that was given solved: it ends whatever the action did
    const bool given_solved = solved(level, before), solved_now = solved(level, after);
    const bool is_solved = given_solved || solved_now;
    const std::int32_t steps = state.steps[e] + 1;
    const bool out_of_time = steps >= state.cap[e];
    boxes[e] = after.boxes;
    player[e] = after.player;
    state.steps[e] = steps;
    state.matched[e] += change;
    output.reward[e] = rewards[2 * (change + 1) + is_solved];
    output.terminated[e] = is_solved;
    output.truncated[e] = !is_solved & out_of_time;
    any = static_cast<std::uint8_t>(any | output.terminated[e] | output.truncated[e]);
  }
  return any != 0;
}

}  // namespace boxwarp::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace boxwarp::cpu {

namespace {

HWY_EXPORT(move_small);

// Returns whether any episode ended.
bool move_large(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, const EnvOutputView& output,
                const std::uint8_t* actions, std::int64_t begin, std::int64_t end) {
  bool any = false;
  for (std::int64_t e = begin; e < end; ++e) {
    const std::int64_t at = e * bank.words;
    const LargeLevel level{state.walls + at, state.targets + at, bank.words};
    const auto cell = static_cast<int>(state.player[e]);
    const LargeMove move =
        moved(level, state.boxes + at, Position{cell / kLargestSize, cell % kLargestSize}, static_cast<Action>(actions[e]));
    const bool given_solved = state.steps[e] == 0 && solved(level, state.boxes + at);
    apply(move, state.boxes + at);
    state.player[e] = static_cast<std::uint64_t>(kLargestSize * move.player.row + move.player.column);
    const int change = matched_change(level, move);
    const bool is_solved = given_solved || solved(level, state.boxes + at);
    ++state.steps[e];
    state.matched[e] += change;
    output.reward[e] = options.rewards[change + 1][is_solved];
    output.terminated[e] = is_solved;
    output.truncated[e] = !is_solved && state.steps[e] >= state.cap[e];
    any = any || is_solved || output.truncated[e] != 0;
  }
  return any;
}

void end_episode(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                 const EnvOutputView& output, std::size_t bytes, std::int64_t e) {
  output.finished_level[e] = state.level[e];
  output.episode_length[e] = state.steps[e];
  output.episode_matched[e] = state.matched[e];
  if (output.final_observation != nullptr) {
    draw_board(bank, options, state, e, options.observation, options.layout,
               output.final_observation + static_cast<std::size_t>(e) * bytes);
  }
  ++state.episode[e];
  start_episode(bank, options, state, e, -1);
}

}  // namespace

void step(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
          const EnvOutputView& output, const std::uint8_t* actions) {
  const std::size_t bytes = observation_bytes(options.observation, bank.tier, options.height, options.width);
  for_chunks(executor, state.count, [&](std::int64_t begin, std::int64_t end) {
    const bool any = bank.tier == Tier::small ? HWY_DYNAMIC_DISPATCH(move_small)(options, state, output, actions, begin, end)
                                              : move_large(bank, options, state, output, actions, begin, end);
    for (std::int64_t e = begin; any && e < end; ++e) {
      if ((output.terminated[e] | output.truncated[e]) != 0) end_episode(bank, options, state, output, bytes, e);
    }
    for (std::int64_t e = begin; output.observation != nullptr && e < end; ++e) {
      draw_board(bank, options, state, e, options.observation, options.layout,
                 output.observation + static_cast<std::size_t>(e) * bytes);
    }
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
  static constexpr EnvOps ops{cpu::reset, cpu::step, cpu::render, cpu::random_actions};
  return ops;
}

}  // namespace boxwarp
#endif  // HWY_ONCE
