// One step of every environment in one launch: rules, reward, ends of episodes, the final observation, the next episode and
// the observation. Thread = one environment; block = 128 environments, which draw their boards together.
//
// Bytes per step of the small tier without an observation: 46 read (four planes of 8, steps, cap and matched of 4, ended,
// action) and 30 written (boxes and player of 8, steps, matched and reward of 4, two flags).
#include "kernels/env/device_ops.cuh"
#include "kernels/env/draw.cuh"
#include "kernels/env/stepping.hpp"
#include "kernels/fault.cuh"

namespace boxwarp::DEVICE {

namespace {

// One step of environment e; returns whether an episode ended now. A bad action is reported and changes nothing.
__device__ bool step_checked(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                             const EnvOutputView& output, std::int64_t e, std::uint8_t action, FaultWord* fault) {
  const bool looked_at = options.auto_reset != AutoReset::next_step || state.ended[e] == 0;
  if (action >= kActions && looked_at) {
    report(fault, {.kind = FaultKind::bad_action, .environment = static_cast<std::uint32_t>(e), .value = action});
    return false;
  }
  return step_one(bank, options, state, output, e, static_cast<Action>(action));
}

struct StepTile {
  DrawTile draw;
  std::uint8_t just_ended[kEnvThreads];
};

__global__ void __launch_bounds__(kEnvThreads)
    step_kernel(const __grid_constant__ LevelBankView bank, const __grid_constant__ EnvOptions options,
                const __grid_constant__ EnvStateView state, const __grid_constant__ EnvOutputView output,
                const std::uint8_t* actions, FaultWord* fault) {
  const std::int64_t e = std::int64_t{blockIdx.x} * kEnvThreads + threadIdx.x;
  if (e >= state.count) return;
  if (step_checked(bank, options, state, output, e, actions[e], fault)) end_one(bank, options, state, output, e);
}

// The same, and the boards are drawn; every thread stays to the end, because drawing is the whole block's work.
__global__ void __launch_bounds__(kEnvThreads)
    step_and_draw_kernel(const __grid_constant__ LevelBankView bank, const __grid_constant__ EnvOptions options,
                         const __grid_constant__ EnvStateView state, const __grid_constant__ EnvOutputView output,
                         const __grid_constant__ Brush brush, const std::uint8_t* actions, FaultWord* fault) {
  StepTile& tile = shared<StepTile>();
  const std::int64_t first = std::int64_t{blockIdx.x} * kEnvThreads, e = first + threadIdx.x;
  const bool here = e < state.count;
  const auto count = static_cast<int>(state.count - first < kEnvThreads ? state.count - first : kEnvThreads);
  const bool ended = here && step_checked(bank, options, state, output, e, actions[e], fault);
  if (output.final_observation != nullptr) {
    tile.just_ended[threadIdx.x] = ended;
    __syncthreads();
    for (int board = 0; board < count; ++board) {
      if (tile.just_ended[board] == 0) continue;
      draw_boards(bank, state, brush, tile.draw, first + board, 1,
                  output.final_observation + static_cast<std::size_t>(first + board) * brush.bytes);
    }
  }
  if (ended) end_one(bank, options, state, output, e);
  draw_boards(bank, state, brush, tile.draw, first, count,
              output.observation + static_cast<std::size_t>(first) * brush.bytes);
}

// Six blocks a multiprocessor leave 85 registers a thread; left alone, the compiler goes for 64 and spills on some devices.
__global__ void __launch_bounds__(kEnvThreads, 6)
    step_many_kernel(const __grid_constant__ LevelBankView bank, const __grid_constant__ EnvOptions options,
                     const __grid_constant__ EnvStateView state, const __grid_constant__ PlayTotals totals,
                     const std::uint8_t* actions, std::uint64_t step_call, int steps) {
  const std::int64_t e = std::int64_t{blockIdx.x} * kEnvThreads + threadIdx.x;
  if (e >= state.count) return;
  play_one(bank, options, state, totals, e, actions, step_call, steps);
}

__global__ void __launch_bounds__(kEnvThreads)
    random_actions_kernel(const __grid_constant__ EnvStateView state, std::uint64_t step_call, std::uint8_t* actions) {
  const std::int64_t e = std::int64_t{blockIdx.x} * kEnvThreads + threadIdx.x;
  if (e >= state.count) return;
  actions[e] = static_cast<std::uint8_t>(action_of(state, e, nullptr, step_call, 0));
}

}  // namespace

void step(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
          const EnvOutputView& output, const std::uint8_t* actions) {
  FaultWord* fault = static_cast<DeviceExecutor&>(executor).fault();
  if (output.observation == nullptr) {
    launch(executor, "step", step_kernel, env_geometry(state.count), bank, options, state, output, actions, fault);
    return;
  }
  const Brush brush = brush_of(options.format, bank.tier, options.height, options.width);
  launch(executor, "step_and_draw", step_and_draw_kernel, env_geometry(state.count, sizeof(StepTile)), bank, options, state,
         output, brush, actions, fault);
}

void step_many(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
               const PlayTotals& totals, const std::uint8_t* actions, std::uint64_t step_call, int steps) {
  launch(executor, "step_many", step_many_kernel, env_geometry(state.count), bank, options, state, totals, actions,
         step_call, steps);
}

void random_actions(Executor& executor, const EnvStateView& state, std::uint64_t step_call, std::uint8_t* actions) {
  launch(executor, "random_actions", random_actions_kernel, env_geometry(state.count), state, step_call, actions);
}

const EnvOps& env_ops() {
  static constexpr EnvOps ops{reset, step, step_many, render, generate, generate_bytes, random_actions};
  return ops;
}

}  // namespace boxwarp::DEVICE
