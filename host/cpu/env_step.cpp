// One step of every environment: rules, reward, ends of episodes, the next episode in the same call, and the observation.
// Boards of the small tier go chunk by chunk (env_chunk.hpp), those of the large one one by one.
#include "host/cpu/env_chunk.hpp"
#include "host/cpu/env_parts.hpp"
#include "kernels/env/deadlock.hpp"
#include "kernels/env/stepping.hpp"

namespace boxwarp::cpu {

namespace {

// Boards begin..end, chunk by chunk: each chunk's ended episodes are dealt with, and its boards drawn, once the next chunk
// has moved.
void step_chunks(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                 const EnvOutputView& output, const std::uint8_t* actions, std::int64_t begin, std::int64_t end) {
  EndedBoards ended[2];
  const auto finish = [&](EndedBoards& boards, std::int64_t from, std::int64_t to) {
    boards.go_on(bank, state, [&](std::int64_t e) {
      draw_boards(bank, options, state, e, e + 1, options.format, output.final_observation);
      tell_end(state, output, e);
    });
    draw_boards(bank, options, state, from, to, options.format, output.observation);
  };
  int now = 0;
  std::int64_t from = begin, to = from;
  for (; from < end; from = to, now ^= 1) {
    to = std::min(from + kChunk, end);
    const ChunkOutput told{output.reward + from, output.terminated + from, output.truncated + from};
    move_chunk(options, state, told, actions + from, from, to);
    for (std::int64_t e = from; output.deadlock != nullptr && e < to; ++e) {
      if (options.auto_reset == AutoReset::next_step && state.ended[e] != 0)
        output.deadlock[e] = 0;  // of the board that comes in this step
      else
        tell_deadlock(bank, options, state, output, e);
    }
    ended[now].find(bank, options, state, told, from, to);
    if (from > begin) finish(ended[now ^ 1], from - kChunk, from);
  }
  finish(ended[now ^ 1], begin + (end - begin - 1) / kChunk * kChunk, end);
}

// Environment e of the large tier, but for drawing its board.
void step_large(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, const EnvOutputView& output,
                std::int64_t e, Action action) {
  bool ended = step_one(bank, options, state, output, e, action);
  if (output.deadlock != nullptr) ended |= tell_deadlock(bank, options, state, output, e);
  if (!ended) return;
  draw_boards(bank, options, state, e, e + 1, options.format, output.final_observation);
  end_one(bank, options, state, output, e);
}

// One step of boards begin..end of either tier.
void step_boards(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                 const EnvOutputView& output, const std::uint8_t* actions, std::int64_t begin, std::int64_t end) {
  if (bank.tier == Tier::small) return step_chunks(bank, options, state, output, actions, begin, end);
  for (std::int64_t e = begin; e < end; ++e) step_large(bank, options, state, output, e, static_cast<Action>(actions[e]));
  draw_boards(bank, options, state, begin, end, options.format, output.observation);
}

// What a step of a chunk tells when only sums are wanted.
struct ChunkRow {
  float reward[kChunk];
  std::uint8_t terminated[kChunk], truncated[kChunk], actions[kChunk];

  ChunkOutput output() { return {reward, terminated, truncated}; }

  void add_to(const PlayTotals& totals, std::int64_t from, std::int64_t to) const {
    for (std::int64_t e = from; e < to; ++e) {
      totals.reward[e] += reward[e - from];
      totals.episodes[e] += terminated[e - from] | truncated[e - from];
      totals.solved[e] += terminated[e - from];
    }
  }
};

// T steps of boards begin..end, in groups of chunks that stay in the cache.
void play_chunks(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, const PlayTotals& totals,
                 const std::uint8_t* actions, std::uint64_t step_call, int steps, std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kGroup = 2 * kChunk;
  EndedBoards ended[2];
  ChunkRow row;
  const auto nothing_to_tell = [](std::int64_t) {};
  int now = 0;
  for (std::int64_t first = begin; first < end; first += kGroup) {
    const std::int64_t last = std::min(first + kGroup, end);
    for (std::int64_t e = first; e < last; ++e) {
      totals.reward[e] = 0;
      totals.episodes[e] = totals.solved[e] = 0;
    }
    for (int t = 0; t < steps; ++t) {
      for (std::int64_t from = first, to = from; from < last; from = to, now ^= 1) {
        to = std::min(from + kChunk, last);
        const std::uint8_t* chunk_actions = row.actions;
        if (actions != nullptr)
          chunk_actions = actions + t * state.count + from;
        else
          random_chunk(options, state, step_call + static_cast<std::uint64_t>(t), from, to, row.actions);
        move_chunk(options, state, row.output(), chunk_actions, from, to);
        row.add_to(totals, from, to);
        ended[now].find(bank, options, state, row.output(), from, to);
        const bool alone = last - first <= kChunk;  // and moves again at once
        ended[alone ? now : now ^ 1].go_on(bank, state, nothing_to_tell);
      }
    }
    ended[now ^ 1].go_on(bank, state, nothing_to_tell);
  }
}

// T steps of environment e of the large tier.
void play_large(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, const PlayTotals& totals,
                std::int64_t e, const std::uint8_t* actions, std::uint64_t step_call, int steps) {
  PlaySum sum;
  for (int t = 0; t < steps; ++t) {
    const Action action = action_of(options, state, e, actions, step_call, t);
    if (sum.add(move_large(bank, options, state, e, action))) start_episode(bank, options, state, e, -1);
  }
  sum.tell(totals, e);
}

}  // namespace

void step(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
          const EnvOutputView& output, const std::uint8_t* actions) {
  step_series(executor, bank, options, state, {&output, 1}, actions);
}

void step_series(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                 std::span<const EnvOutputView> told, const std::uint8_t* actions) {
  for_runs(executor, state.count, [&](std::int64_t begin, std::int64_t end) {
    const std::uint8_t* step_actions = actions;
    for (const EnvOutputView& output : told) {
      step_boards(bank, options, state, output, step_actions, begin, end);
      step_actions += state.count;
    }
  });
}

void step_many(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
               const PlayTotals& totals, const std::uint8_t* actions, std::uint64_t step_call, int steps) {
  for_runs(executor, state.count, [&](std::int64_t begin, std::int64_t end) {
    if (bank.tier == Tier::small) return play_chunks(bank, options, state, totals, actions, step_call, steps, begin, end);
    for (std::int64_t e = begin; e < end; ++e) play_large(bank, options, state, totals, e, actions, step_call, steps);
  });
}

}  // namespace boxwarp::cpu

namespace boxwarp {

const EnvOps& cpu_env_ops() {
  static constexpr EnvOps ops{cpu::reset,  cpu::step,     cpu::step_series,    cpu::step_many,
                              cpu::render, cpu::generate, cpu::generate_bytes, cpu::random_actions};
  return ops;
}

}  // namespace boxwarp
