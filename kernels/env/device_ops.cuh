// The environment's operations as kernels: what the files of this folder give to the table of operations.
#pragma once

#include <cstdint>

#include "kernels/dialect.cuh"
#include "kernels/env/env.hpp"

namespace boxwarp::DEVICE {

inline constexpr unsigned kEnvThreads = 128;  // of a block; thread = one environment

// Blocks for count environments.
inline Geometry env_geometry(std::int64_t count, std::size_t shared_bytes = 0) {
  return {.blocks = static_cast<unsigned>((count + kEnvThreads - 1) / kEnvThreads),
          .threads = kEnvThreads,
          .shared_bytes = shared_bytes};
}

// The members of EnvOps; every pointer is the device's.
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
void random_actions(Executor& executor, const EnvOptions& options, const EnvStateView& state, std::uint64_t step_call,
                    std::uint8_t* actions);

const EnvOps& env_ops();

}  // namespace boxwarp::DEVICE
