// Pieces of the environment's kernels with nothing left to run time but the boards: no loop and hardly a branch remains, so
// the instructions of a piece are what it executes. Pieces that stand once and twice tell what one more of them costs.
// bench/predict.py compiles and counts this; nothing runs it.
#include "kernels/env/draw.cuh"
#include "kernels/env/stepping.hpp"

namespace boxwarp::cuda {

namespace {

__device__ LevelBankView fixed(LevelBankView bank) {
  bank.tier = Tier::small;
  bank.words = 1;
  return bank;
}

__device__ EnvOptions fixed(EnvOptions options) {
  options.level_order = LevelOrder::random;
  options.auto_reset = AutoReset::same_step;
  options.symmetry = false;
  options.solved_rule = SolvedRule::boxes_matched;
  options.actions = kActions;
  return options;
}

__device__ EnvStateView fixed(EnvStateView state) {  // without no_op
  state.idle = nullptr;
  return state;
}

__device__ Brush fixed(Brush brush) {  // rgb of 10x10
  brush.element = Element::u8;
  brush.width = brush.height = 10;
  return brush;
}

__device__ std::int64_t environment() { return std::int64_t{blockIdx.x} * kEnvThreads + threadIdx.x; }

}  // namespace

extern "C" {

__global__ void __launch_bounds__(kEnvThreads)
    piece_step(const __grid_constant__ LevelBankView bank, const __grid_constant__ EnvOptions options,
               const __grid_constant__ EnvStateView state, const __grid_constant__ EnvOutputView output,
               const std::uint8_t* actions) {
  const std::int64_t e = environment();
  if (e >= state.count || actions[e] >= kActions) return;
  step_one(fixed(bank), fixed(options), fixed(state), output, e, static_cast<Action>(actions[e]));
}

__global__ void __launch_bounds__(kEnvThreads)
    piece_end(const __grid_constant__ LevelBankView bank, const __grid_constant__ EnvOptions options,
              const __grid_constant__ EnvStateView state, const __grid_constant__ EnvOutputView output) {
  EnvOutputView told = output;
  told.episode_idle = nullptr;
  end_one(fixed(bank), fixed(options), fixed(state), told, environment());
}

#define PIECE_MANY(name, steps)                                                                    \
  __global__ void __launch_bounds__(kEnvThreads, 6)                                                \
      name(const __grid_constant__ EnvOptions options, const __grid_constant__ EnvStateView state, \
           const __grid_constant__ PlayTotals totals, std::uint64_t step_call, unsigned* votes) {  \
    const std::int64_t e = environment();                                                          \
    SmallEpisode episode = load_small(state, e);                                                   \
    PlaySum sum;                                                                                   \
    _Pragma("unroll") for (int t = 0; t < steps; ++t) {                                            \
      const Action action = action_of(fixed(options), state, e, nullptr, step_call, t);            \
      const bool ended = sum.add(move_small(fixed(options), episode, action));                     \
      votes[2 * t] = __popc(__ballot_sync(kWholeWarp, ended));                                     \
      votes[2 * t + 1] = __ballot_sync(kWholeWarp, !ended && t < options.max_steps);               \
    }                                                                                              \
    store_small(episode, state, e);                                                                \
    sum.tell(totals, e);                                                                           \
  }
PIECE_MANY(piece_many_once, 1)
PIECE_MANY(piece_many_twice, 2)

__global__ void __launch_bounds__(kEnvThreads) piece_planes(const __grid_constant__ EnvStateView state) {
  DrawTile& tile = shared<DrawTile>();
  const std::int64_t e = environment();
  const CodeBits codes = code_bits({state.walls[e], state.targets[e], state.boxes[e], state.player[e]});
  for (int k = 0; k < 3; ++k) *reinterpret_cast<std::uint64_t*>(tile.planes[k][threadIdx.x]) = codes.bit[k];
}

#define PIECE_ROW(name, rows)                                                                                        \
  __global__ void __launch_bounds__(kEnvThreads) name(const __grid_constant__ Brush brush) {                         \
    DrawTile& tile = shared<DrawTile>();                                                                             \
    _Pragma("unroll") for (unsigned i = 0; i < rows; ++i) put_small_row(tile, brush, threadIdx.x + i * kEnvThreads); \
  }
PIECE_ROW(piece_row_once, 1)
PIECE_ROW(piece_row_twice, 2)

#define PIECE_STORE(name, stores)                                                                               \
  __global__ void __launch_bounds__(kEnvThreads) name(const __grid_constant__ Brush brush, std::uint8_t* out) { \
    DrawTile& tile = shared<DrawTile>();                                                                        \
    _Pragma("unroll") for (unsigned i = 0; i < stores; ++i) {                                                   \
      const std::uint32_t quad = 4 * (threadIdx.x + i * kEnvThreads);                                           \
      *reinterpret_cast<uint4*>(out + 4 * quad) =                                                               \
          sixteen_bytes(fixed(brush), tile, QuadCursor<Order::by_channel>(brush, quad));                        \
    }                                                                                                           \
  }
PIECE_STORE(piece_store_once, 1)
PIECE_STORE(piece_store_twice, 2)

}  // extern "C"

}  // namespace boxwarp::cuda
