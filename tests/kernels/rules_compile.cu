// The rules as device code: this file only has to compile, so that nobody finds out later that a host-only word crept in.
#include "kernels/sokoban/random.hpp"
#include "kernels/sokoban/reverse_play.hpp"
#include "kernels/sokoban/rules.hpp"
#include "kernels/sokoban/symmetry.hpp"

namespace boxwarp {
namespace {

// thread = one board of the small tier
__global__ void step_small(const Level* levels, Board* boards, const std::uint8_t* actions, int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= count) return;
  boards[i] = moved(levels[i], boards[i], static_cast<Action>(actions[i]));
}

// thread = one board of the large tier; boxes (count, height)
__global__ void step_large(LargeLevel level, Row* boxes, Position* players, int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= count) return;
  Row* mine = boxes + static_cast<std::int64_t>(i) * level.height;
  const RandomWords words = draw(1, static_cast<std::uint32_t>(i), Stream::random_play, 0);
  const LargeMove move = moved(level, mine, players[i], static_cast<Action>(below(words, kActions)));
  apply(move, mine);
  players[i] = mapped(move.player, 0, level.height, level.height);
}

}  // namespace

void launch_both(const Level* levels, Board* boards, const std::uint8_t* actions, LargeLevel level, Row* boxes,
                 Position* players, int count) {
  step_small<<<(count + 255) / 256, 256>>>(levels, boards, actions, count);
  step_large<<<(count + 255) / 256, 256>>>(level, boxes, players, count);
}

}  // namespace boxwarp
