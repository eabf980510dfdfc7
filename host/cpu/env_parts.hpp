// What the files of the processor's environment share: the pieces of a step for one environment.
#pragma once

#include <algorithm>
#include <cstdint>

#include "host/cpu/thread_pool.hpp"
#include "kernels/env/env.hpp"

namespace boxwarp::cpu {

// Environments are stepped in chunks of this many, each on one thread.
inline constexpr std::int64_t kChunk = 256;

// Calls work(begin, end) for runs of whole chunks that make up 0..count, on the threads of the executor; each thread gets as
// many runs. Runs are no shorter than pages of the arrays of words, where there are enough boards: a core fetches ahead to
// the end of a page, and would take from another one what that one writes.
template <class Work>
void for_runs(Executor& executor, std::int64_t count, const Work& work) {
  constexpr std::int64_t kRunsOfThread = 4;  // at most, so that the last thread does not keep the others waiting long
  constexpr std::int64_t kChunksOfRun = 4;   // at least
  auto& pool = static_cast<ThreadPool&>(executor);
  const std::int64_t chunks = (count + kChunk - 1) / kChunk;
  if (chunks == 1 || pool.threads() == 1) return work(std::int64_t{0}, count);  // not worth waking anybody
  const std::int64_t each = std::clamp<std::int64_t>(chunks / (kChunksOfRun * pool.threads()), 1, kRunsOfThread);
  const std::int64_t runs = std::min(chunks, each * pool.threads());
  pool.run(runs, [&](std::int64_t run, int) {
    work(kChunk * (chunks * run / runs), std::min(kChunk * (chunks * (run + 1) / runs), count));
  });
}

// Draws the boards of environments begin..end to their rows of observations (N, observation_bytes of the picture); nothing
// for null.
void draw_boards(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, std::int64_t begin,
                 std::int64_t end, const ObservationFormat& format, std::uint8_t* observations);

// The actions of random play for environments begin..end in this step call: element 0 of actions is that of begin.
void random_chunk(const EnvOptions& options, const EnvStateView& state, std::uint64_t step_call, std::int64_t begin,
                  std::int64_t end, std::uint8_t* actions);

// The operations of EnvOps.
void reset(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
           const EnvOutputView& output, const std::uint8_t* mask, const std::int64_t* levels);
void step(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
          const EnvOutputView& output, const std::uint8_t* actions);
void step_series(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                 std::span<const EnvOutputView> told, const std::uint8_t* actions);
void step_many(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
               const PlayTotals& totals, const std::uint8_t* actions, std::uint64_t step_call, int steps);
void render(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
            const ObservationFormat& format, std::uint8_t* out);
void generate(Executor& executor, const ReversePlay& rules, const LevelRange& range, const LevelSlots& slots,
              void* workspace, std::int64_t workers);
std::size_t generate_bytes(const ReversePlay& rules, std::int64_t workers);
void random_actions(Executor& executor, const EnvOptions& options, const EnvStateView& state, std::uint64_t step_call,
                    std::uint8_t* actions);

}  // namespace boxwarp::cpu
