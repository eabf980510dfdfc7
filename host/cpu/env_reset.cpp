// New episodes for all environments or for some.
#include "host/cpu/env_parts.hpp"
#include "kernels/env/episode.hpp"

namespace boxwarp::cpu {

void reset(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
           const EnvOutputView& output, const std::uint8_t* mask, const std::int64_t* levels) {
  for_runs(executor, state.count, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e) {
      if (mask != nullptr && mask[e] == 0) continue;
      start_episode(bank, options, state, e, levels != nullptr ? levels[e] : -1);
      output.reward[e] = 0;
      output.terminated[e] = output.truncated[e] = 0;
      if (output.deadlock != nullptr) output.deadlock[e] = 0;
      draw_boards(bank, options, state, e, e + 1, options.format, output.observation);
    }
  });
}

}  // namespace boxwarp::cpu
