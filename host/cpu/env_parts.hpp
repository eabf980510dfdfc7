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

// Draws the board of environment e to its row of observations (N, observation_bytes of the picture); nothing for null.
void draw_board(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, std::int64_t e,
                const ObservationFormat& format, std::uint8_t* observations);

// out[i] = byte codes[i] of table, for `cells` codes of 0 to 7; at least kLookUpAtOnce of them.
inline constexpr std::size_t kLookUpAtOnce = 32;
void look_up(const std::uint8_t* codes, std::size_t cells, std::uint64_t table, std::uint8_t* out);

// The operations of EnvOps.
void reset(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
           const EnvOutputView& output, const std::uint8_t* mask, const std::int64_t* levels);
void step(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
          const EnvOutputView& output, const std::uint8_t* actions);
void step_many(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
               const PlayTotals& totals, const std::uint8_t* actions, std::uint64_t step_call, int steps);
void render(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
            const ObservationFormat& format, std::uint8_t* out);
void generate(Executor& executor, const ReversePlay& rules, const LevelRange& range, const LevelSlots& slots,
              void* workspace, std::int64_t workers);
std::size_t generate_bytes(const ReversePlay& rules, std::int64_t workers);
void random_actions(Executor& executor, const EnvStateView& state, std::uint64_t step_call, std::uint8_t* actions);

}  // namespace boxwarp::cpu
