// One step of one environment: rules, reward, the end of an episode and what follows it. Every backend calls these.
#pragma once

#include "kernels/env/episode.hpp"
#include "kernels/sokoban/rules.hpp"

namespace boxwarp {

struct Moved {  // by one action
  float reward;
  bool terminated, truncated;
};

// change: of matched boxes, by this action.
HOST_DEVICE constexpr Outcome outcome_of(int change, Action action) {
  return action == Action::no_op ? Outcome::idle : static_cast<Outcome>(change + 1);
}

// Rewards are selected, not looked up: selections run for many boards at once, and on a device loads of different places of
// a table would wait for each other.
HOST_DEVICE constexpr float reward_of(const EnvOptions& options, Outcome outcome, bool is_solved) {
  const float lost = is_solved ? options.rewards[0][1] : options.rewards[0][0];
  const float kept = is_solved ? options.rewards[1][1] : options.rewards[1][0];
  const float won = is_solved ? options.rewards[2][1] : options.rewards[2][0];
  const float idle = is_solved ? options.rewards[3][1] : options.rewards[3][0];
  const float low = outcome == Outcome::lost ? lost : kept;
  const float high = outcome == Outcome::won ? won : idle;
  return outcome <= Outcome::kept ? low : high;
}

HOST_DEVICE constexpr Moved judged(const EnvOptions& options, Outcome outcome, bool is_solved, bool out_of_time) {
  return {.reward = reward_of(options, outcome, is_solved), .terminated = is_solved, .truncated = !is_solved && out_of_time};
}

HOST_DEVICE constexpr void count_idle(const EnvStateView& state, std::int64_t e, Action action) {
  if (state.idle != nullptr && action == Action::no_op) ++state.idle[e];
}

// A running episode of the small tier, out of memory.
struct SmallEpisode {
  Level level;
  Board board;
  std::int32_t steps, cap, matched;
};

HOST_DEVICE constexpr SmallEpisode load_small(const EnvStateView& state, std::int64_t e) {
  return {.level = {state.walls[e], state.targets[e]},
          .board = {state.boxes[e], state.player[e]},
          .steps = state.steps[e],
          .cap = state.cap[e],
          .matched = state.matched[e]};
}

HOST_DEVICE constexpr void store_small(const SmallEpisode& episode, const EnvStateView& state, std::int64_t e) {
  state.boxes[e] = episode.board.boxes;
  state.player[e] = episode.board.player;
  state.steps[e] = episode.steps;
  state.matched[e] = episode.matched;
}

// An episode that goes on was not solved before, but for a level that was given solved: it ends whatever the action did.
// Does not count no_op actions.
HOST_DEVICE constexpr Moved move_small(const EnvOptions& options, SmallEpisode& episode, Action action) {
  const Board before = episode.board, after = moved(episode.level, before, action);
  const int change = matched_change(episode.level, before, after);
  const bool given_solved = solved(episode.level, before, options.solved_rule);
  const bool solved_now = solved(episode.level, after, options.solved_rule);
  episode.board = after;
  episode.matched += change;
  ++episode.steps;
  return judged(options, outcome_of(change, action), given_solved | solved_now, episode.steps >= episode.cap);
}

// The same in memory. Writes what changed only: most moves push nothing, and a device's step costs what it reads and writes.
HOST_DEVICE constexpr Moved move_small(const EnvOptions& options, const EnvStateView& state, std::int64_t e, Action action) {
  const Level level{state.walls[e], state.targets[e]};
  const Board before{state.boxes[e], state.player[e]}, after = moved(level, before, action);
  const std::int32_t steps = state.steps[e] + 1;
  const int change = matched_change(level, before, after);
  const bool given_solved = solved(level, before, options.solved_rule);
  const bool solved_now = solved(level, after, options.solved_rule);
  state.steps[e] = steps;
  state.player[e] = after.player;
  if (after.boxes != before.boxes) state.boxes[e] = after.boxes;
  if (change != 0) state.matched[e] += change;
  count_idle(state, e, action);
  return judged(options, outcome_of(change, action), given_solved | solved_now, steps >= state.cap[e]);
}

HOST_DEVICE constexpr Moved move_large(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                                       std::int64_t e, Action action) {
  const std::int64_t at = e * bank.words;
  Row* boxes = state.boxes + at;
  const LargeLevel level{state.walls + at, state.targets + at, bank.words};
  const auto cell = static_cast<int>(state.player[e]);
  const std::int32_t steps = ++state.steps[e];
  const bool given_solved = steps == 1 && solved(level, boxes, options.solved_rule);
  const LargeMove move = moved(level, boxes, Position{cell / kLargestSize, cell % kLargestSize}, action);
  const int change = matched_change(level, move);
  apply(move, boxes);
  state.player[e] = static_cast<std::uint64_t>(kLargestSize * move.player.row + move.player.column);
  state.matched[e] += change;
  count_idle(state, e, action);
  return judged(options, outcome_of(change, action), given_solved || solved(level, boxes, options.solved_rule),
                steps >= state.cap[e]);
}

HOST_DEVICE constexpr void tell(const Moved& move, const EnvOutputView& output, std::int64_t e) {
  output.reward[e] = move.reward;
  output.terminated[e] = move.terminated;
  output.truncated[e] = move.truncated;
}

// Before its board is drawn: environment e moves, or what AutoReset says where its episode is over already. Returns whether
// an episode ended just now: the caller then keeps its last observation and calls end_one.
HOST_DEVICE constexpr bool step_one(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                                    const EnvOutputView& output, std::int64_t e, Action action) {
  if (options.auto_reset != AutoReset::same_step && state.ended[e] != 0) {
    output.reward[e] = 0;
    if (options.auto_reset == AutoReset::disabled) return false;
    start_episode(bank, options, state, e, -1);
    output.terminated[e] = output.truncated[e] = 0;
    return false;
  }
  const Moved move =
      bank.tier == Tier::small ? move_small(options, state, e, action) : move_large(bank, options, state, e, action);
  tell(move, output, e);
  return move.terminated || move.truncated;
}

// What the episode of environment e came to.
HOST_DEVICE constexpr void tell_end(const EnvStateView& state, const EnvOutputView& output, std::int64_t e) {
  output.finished_level[e] = state.level[e];
  output.episode_length[e] = state.steps[e];
  output.episode_matched[e] = state.matched[e];
  if (output.episode_idle != nullptr) output.episode_idle[e] = state.idle[e];
}

// The episode of environment e is over: tells what it came to, and starts the next one where that belongs to the same step.
HOST_DEVICE constexpr void end_one(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                                   const EnvOutputView& output, std::int64_t e) {
  tell_end(state, output, e);
  if (options.auto_reset == AutoReset::same_step)
    start_episode(bank, options, state, e, -1);
  else
    await_next(state, e);
}

// The action of environment e in the t-th of several steps, as EnvOps::step_many says.
HOST_DEVICE constexpr Action action_of(const EnvOptions& options, const EnvStateView& state, std::int64_t e,
                                       const std::uint8_t* actions, std::uint64_t step_call, int t) {
  if (actions != nullptr) return static_cast<Action>(actions[t * state.count + e]);
  const std::uint64_t index = step_call + static_cast<std::uint64_t>(t);
  const auto choices = static_cast<std::uint64_t>(options.actions);
  return static_cast<Action>(below(draw(state.seed[e], state.environment[e], Stream::random_play, index), choices));
}

// What several steps of one environment come to.
struct PlaySum {
  float reward = 0;
  std::int32_t episodes = 0, solved = 0;

  HOST_DEVICE constexpr bool add(const Moved& move) {  // returns whether the episode ended
    reward += move.reward;
    episodes += move.terminated | move.truncated;
    solved += move.terminated;
    return move.terminated || move.truncated;
  }

  HOST_DEVICE constexpr void tell(const PlayTotals& totals, std::int64_t e) const {
    totals.reward[e] = reward;
    totals.episodes[e] = episodes;
    totals.solved[e] = solved;
  }
};

}  // namespace boxwarp
