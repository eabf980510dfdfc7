// What the files of the processor's environment share: the pieces of a step for one environment.
#pragma once

#include <cstdint>

#include "host/cpu/thread_pool.hpp"
#include "kernels/env/env.hpp"

namespace boxwarp::cpu {

// Environments are stepped in chunks of this many, each on one thread.
inline constexpr std::int64_t kChunk = 256;

// Calls work(begin, end) for every chunk of 0..count on the threads of the executor.
template <class Work>
void for_chunks(Executor& executor, std::int64_t count, const Work& work) {
  const std::int64_t chunks = (count + kChunk - 1) / kChunk;
  if (chunks == 1) return work(std::int64_t{0}, count);  // not worth waking anybody
  static_cast<ThreadPool&>(executor).run(chunks, [&](std::int64_t chunk, int) {
    const std::int64_t begin = chunk * kChunk;
    work(begin, begin + kChunk < count ? begin + kChunk : count);
  });
}

// Starts the next episode of environment e on `level`, or on the next level in order if it is -1. The episode counter has
// been advanced by the caller.
void start_episode(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, std::int64_t e,
                   std::int64_t level);

// Draws the board of environment e to out (observation_bytes of that kind).
void draw_board(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, std::int64_t e,
                Observation observation, Layout layout, std::uint8_t* out);

// The operations of EnvOps.
void reset(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
           const EnvOutputView& output, const std::uint8_t* mask, const std::int64_t* levels);
void step(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
          const EnvOutputView& output, const std::uint8_t* actions);
void render(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
            Observation observation, Layout layout, std::uint8_t* out);
void random_actions(Executor& executor, const EnvStateView& state, std::uint64_t step_call, std::uint8_t* actions);

}  // namespace boxwarp::cpu
