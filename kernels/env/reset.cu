// New episodes for all environments or for those of a mask, of given levels or of the next in order.
// Thread = one environment; block = 128 environments, which draw their boards together.
#include "kernels/env/device_ops.cuh"
#include "kernels/env/draw.cuh"
#include "kernels/env/episode.hpp"
#include "kernels/fault.cuh"

namespace boxwarp::DEVICE {

namespace {

__global__ void __launch_bounds__(kEnvThreads)
    reset_kernel(const __grid_constant__ LevelBankView bank, const __grid_constant__ EnvOptions options,
                 const __grid_constant__ EnvStateView state, const __grid_constant__ EnvOutputView output,
                 const __grid_constant__ Brush brush, const std::uint8_t* mask, const std::int64_t* levels,
                 FaultWord* fault) {
  DrawTile& tile = shared<DrawTile>();
  const std::int64_t first = std::int64_t{blockIdx.x} * kEnvThreads, e = first + threadIdx.x;
  const bool asked = e < state.count && (mask == nullptr || mask[e] != 0);
  const std::int64_t level = asked && levels != nullptr ? levels[e] : -1;
  const bool is_reset = asked && level >= -1 && level < bank.count;
  if (asked && !is_reset)
    report(fault, {.kind = FaultKind::bad_level,
                   .environment = static_cast<std::uint32_t>(e),
                   .value = static_cast<std::int32_t>(level)});
  if (is_reset) {
    start_episode(bank, options, state, e, level);
    output.reward[e] = 0;
    output.terminated[e] = output.truncated[e] = 0;
    if (output.deadlock != nullptr) output.deadlock[e] = 0;
  }
  if (output.observation == nullptr) return;
  const auto count = static_cast<int>(state.count - first < kEnvThreads ? state.count - first : kEnvThreads);
  draw_boards(bank, state, brush, tile, first, chosen(tile, is_reset, count),
              output.observation + static_cast<std::size_t>(first) * brush.bytes);
}

}  // namespace

void reset(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
           const EnvOutputView& output, const std::uint8_t* mask, const std::int64_t* levels) {
  const Brush brush = brush_of(options.format, bank.tier, options.height, options.width);
  demand_aligned(brush, output.observation, "reset: observation");
  launch(executor, "reset", reset_kernel, env_geometry(state.count, sizeof(DrawTile)), bank, options, state, output, brush,
         mask, levels, static_cast<DeviceExecutor&>(executor).fault());
}

}  // namespace boxwarp::DEVICE
