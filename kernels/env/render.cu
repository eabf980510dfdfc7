// Boards as they stand, as any kind of picture. Block = 128 environments.
#include "kernels/env/device_ops.cuh"
#include "kernels/env/draw.cuh"

namespace boxwarp::DEVICE {

namespace {

__global__ void __launch_bounds__(kEnvThreads)
    render_kernel(const __grid_constant__ LevelBankView bank, const __grid_constant__ EnvStateView state,
                  const __grid_constant__ Brush brush, std::uint8_t* out) {
  DrawTile& tile = shared<DrawTile>();
  const std::int64_t first = std::int64_t{blockIdx.x} * kEnvThreads;
  const auto count = static_cast<int>(state.count - first < kEnvThreads ? state.count - first : kEnvThreads);
  draw_boards(bank, state, brush, tile, first, {count, nullptr}, out + static_cast<std::size_t>(first) * brush.bytes);
}

}  // namespace

void render(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
            const ObservationFormat& format, std::uint8_t* out) {
  const Brush brush = brush_of(format, bank.tier, options.height, options.width);
  if (brush.bytes == 0) return;
  demand_aligned(brush, out, "render: out");
  launch(executor, "render", render_kernel, env_geometry(state.count, sizeof(DrawTile)), bank, state, brush, out);
}

}  // namespace boxwarp::DEVICE
