// One step of every environment in one launch: rules, reward, ends of episodes, the final observation, the next episode and
// the observation. Thread = one environment; block = 128 environments, which draw their boards together.
//
// Bytes per step of the small tier without an observation: 41 read (four planes of 8, steps and cap of 4, action), 18
// written (player of 8, steps and reward of 4, two flags), and where a box is pushed, one time in eight, boxes of 8 written
// and matched of 4 read and written: 61. Large tier: 16 for each row of boxes and targets and 16 for walls and player in
// place of the four planes.
#include "kernels/env/deadlock.hpp"
#include "kernels/env/device_ops.cuh"
#include "kernels/env/draw.cuh"
#include "kernels/env/stepping.hpp"
#include "kernels/fault.cuh"

namespace boxwarp::DEVICE {

namespace {

__device__ void report_action(FaultWord* fault, std::int64_t e, std::uint8_t action) {
  report(fault, {.kind = FaultKind::bad_action, .environment = static_cast<std::uint32_t>(e), .value = action});
}

// One step of environment e; returns whether an episode ended now. A bad action is reported and changes nothing.
__device__ bool step_checked(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                             const EnvOutputView& output, std::int64_t e, std::uint8_t action, FaultWord* fault) {
  const bool looked_at = options.auto_reset != AutoReset::next_step || state.ended[e] == 0;
  if (action >= options.actions && looked_at) {
    report_action(fault, e, action);
    return false;
  }
  return step_one(bank, options, state, output, e, static_cast<Action>(action));
}

// Six blocks a multiprocessor leave 85 registers a thread; left alone, the compiler goes for 64 and spills on some devices.
[[maybe_unused]] constexpr int kStepBlocks = 6;  // the emulator has no use for it

// A step without that is short of memory's time, not of registers: ten blocks leave 51.
template <bool kTellsDeadlock>
__global__ void __launch_bounds__(kEnvThreads, kTellsDeadlock ? kStepBlocks : 10)
    step_kernel(const __grid_constant__ LevelBankView bank, const __grid_constant__ EnvOptions options,
                const __grid_constant__ EnvStateView state, const __grid_constant__ EnvOutputView output,
                const std::uint8_t* actions, FaultWord* fault) {
  const std::int64_t e = std::int64_t{blockIdx.x} * kEnvThreads + threadIdx.x;
  if (e >= state.count) return;
  bool ended = step_checked(bank, options, state, output, e, actions[e], fault);
  if (kTellsDeadlock) ended |= tell_deadlock(bank, options, state, output, e);
  if (ended) end_one(bank, options, state, output, e);
}

// The same, and the boards are drawn; every thread stays to the end, because drawing is the whole block's work.
template <bool kTellsDeadlock>
__global__ void __launch_bounds__(kEnvThreads)
    step_and_draw_kernel(const __grid_constant__ LevelBankView bank, const __grid_constant__ EnvOptions options,
                         const __grid_constant__ EnvStateView state, const __grid_constant__ EnvOutputView output,
                         const __grid_constant__ Brush brush, const std::uint8_t* actions, FaultWord* fault) {
  DrawTile& tile = shared<DrawTile>();
  const std::int64_t first = std::int64_t{blockIdx.x} * kEnvThreads, e = first + threadIdx.x;
  const bool here = e < state.count;
  const auto count = static_cast<int>(state.count - first < kEnvThreads ? state.count - first : kEnvThreads);
  bool ended = here && step_checked(bank, options, state, output, e, actions[e], fault);
  if (kTellsDeadlock && here) ended |= tell_deadlock(bank, options, state, output, e);
  const std::size_t offset = static_cast<std::size_t>(first) * brush.bytes;
  if (output.final_observation != nullptr)
    draw_boards(bank, state, brush, tile, first, chosen(tile, ended, count), output.final_observation + offset);
  if (ended) end_one(bank, options, state, output, e);
  draw_boards(bank, state, brush, tile, first, {count, nullptr}, output.observation + offset);
}

// So many lanes of a warp wait for their next episode before it starts: starting one takes as long as several steps, for the
// whole warp, however few lanes do it. With episodes of 75 steps, eight cost least.
constexpr int kPatience = 8;

// Environment e plays its steps; each lane has a time of its own. The whole warp calls this; here: e is an environment.
template <Tier kTier>
__device__ void play(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                     const PlayTotals& totals, std::int64_t e, bool here, const std::uint8_t* actions,
                     std::uint64_t step_call, int steps, FaultWord* fault) {
  SmallEpisode episode{};
  if (kTier == Tier::small && here) episode = load_small(state, e);
  PlaySum sum;
  int t = here ? 0 : steps;
  bool waits = false;
  for (;;) {
    if (!waits && t < steps) {
      const Action action = action_of(options, state, e, actions, step_call, t++);
      if (static_cast<int>(action) >= options.actions) {
        report_action(fault, e, static_cast<std::uint8_t>(action));
      } else if (kTier == Tier::small) {
        count_idle(state, e, action);
        waits = sum.add(move_small(options, episode, action));
      } else {
        waits = sum.add(move_large(bank, options, state, e, action));
      }
    }
    const unsigned waiting = __ballot_sync(kWholeWarp, waits), running = __ballot_sync(kWholeWarp, !waits && t < steps);
    if ((waiting | running) == 0) break;
    if (waits && (running == 0 || __popc(waiting) >= kPatience)) {
      start_episode(bank, options, state, e, -1);
      if (kTier == Tier::small) episode = load_small(state, e);
      waits = false;
    }
  }
  if (!here) return;
  if (kTier == Tier::small) store_small(episode, state, e);
  sum.tell(totals, e);
}

__global__ void __launch_bounds__(kEnvThreads, kStepBlocks)
    step_many_kernel(const __grid_constant__ LevelBankView bank, const __grid_constant__ EnvOptions options,
                     const __grid_constant__ EnvStateView state, const __grid_constant__ PlayTotals totals,
                     const std::uint8_t* actions, std::uint64_t step_call, int steps, FaultWord* fault) {
  const std::int64_t e = std::int64_t{blockIdx.x} * kEnvThreads + threadIdx.x;
  const bool here = e < state.count;
  if (bank.tier == Tier::small)
    play<Tier::small>(bank, options, state, totals, e, here, actions, step_call, steps, fault);
  else
    play<Tier::large>(bank, options, state, totals, e, here, actions, step_call, steps, fault);
}

__global__ void __launch_bounds__(kEnvThreads)
    random_actions_kernel(const __grid_constant__ EnvOptions options, const __grid_constant__ EnvStateView state,
                          std::uint64_t step_call, std::uint8_t* actions) {
  const std::int64_t e = std::int64_t{blockIdx.x} * kEnvThreads + threadIdx.x;
  if (e >= state.count) return;
  actions[e] = static_cast<std::uint8_t>(action_of(options, state, e, nullptr, step_call, 0));
}

}  // namespace

void step(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
          const EnvOutputView& output, const std::uint8_t* actions) {
  FaultWord* fault = static_cast<DeviceExecutor&>(executor).fault();
  const bool tells_deadlock = output.deadlock != nullptr;
  if (output.observation == nullptr) {
    launch(executor, "step", tells_deadlock ? step_kernel<true> : step_kernel<false>, env_geometry(state.count), bank,
           options, state, output, actions, fault);
    return;
  }
  const Brush brush = brush_of(options.format, bank.tier, options.height, options.width);
  demand_aligned(brush, output.observation, "step: observation");
  demand_aligned(brush, output.final_observation, "step: final observation");
  launch(executor, "step_and_draw", tells_deadlock ? step_and_draw_kernel<true> : step_and_draw_kernel<false>,
         env_geometry(state.count, sizeof(DrawTile)), bank, options, state, output, brush, actions, fault);
}

void step_many(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
               const PlayTotals& totals, const std::uint8_t* actions, std::uint64_t step_call, int steps) {
  launch(executor, "step_many", step_many_kernel, env_geometry(state.count), bank, options, state, totals, actions,
         step_call, steps, static_cast<DeviceExecutor&>(executor).fault());
}

void random_actions(Executor& executor, const EnvOptions& options, const EnvStateView& state, std::uint64_t step_call,
                    std::uint8_t* actions) {
  launch(executor, "random_actions", random_actions_kernel, env_geometry(state.count), options, state, step_call, actions);
}

const EnvOps& env_ops() {
  static constexpr EnvOps ops{reset, step, nullptr, step_many, render, generate, generate_bytes, random_actions};
  return ops;
}

}  // namespace boxwarp::DEVICE
