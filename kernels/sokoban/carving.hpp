// A room to play in: a random walk through solid wall, that of the published family (gym-sokoban, Schrader 2018). It turns
// with probability 0.35 and opens one of five shapes of two to four cells at each step.
//
// The random words of a level are draw(seed, k, Stream::generator, level id) for k = 0, 1, 2, ... No other stream uses these
// counters, so no two levels share a word. Only integers are computed with.
#pragma once

#include "kernels/sokoban/random.hpp"
#include "kernels/sokoban/rules.hpp"

namespace boxwarp {

struct ReversePlay {
  int height = 7, width = 7;           // 3 to 64, rim included
  int boxes = 1;                       // at least 1
  int walk = 16;                       // steps of the walk that carves the room
  int min_moves = 8, max_moves = 120;  // player's moves, walks and pulls, that are played backwards
  int min_turns = 0;                   // corners in the ways of the boxes, all together
  int attempts = 10'000;               // rooms tried before giving up
};

namespace reverse_play {

inline constexpr std::uint32_t kTurn = 1503238554u;  // 0.35 of 2^32

// The shapes: three rows of three cells each, lowest bit left; the walker stands on the middle cell.
inline constexpr int kShapes = 5;
HOST_DEVICE constexpr Row shape_row(int shape, int row) {
  constexpr std::uint64_t shapes =
      0b000'111'000 | 0b010'010'010ull << 9 | 0b010'011'000ull << 18 | 0b011'011'000ull << 27 | 0b010'110'000ull << 36;
  return shapes >> (9 * shape + 3 * row) & 7;
}
static_assert(shape_row(2, 0) == 0 && shape_row(2, 1) == 0b011 && shape_row(2, 2) == 0b010);

// The random words of one level.
struct Words {
  std::uint64_t seed = 0, level_id = 0;
  std::uint32_t block = 0;
  int used = 4;
  RandomWords words{};

  HOST_DEVICE constexpr void begin(std::uint64_t with_seed, std::uint64_t of_level) {
    seed = with_seed;
    level_id = of_level;
    block = 0;
    used = 4;
  }

  HOST_DEVICE constexpr std::uint32_t next() {
    if (used == 4) {
      words = draw(seed, block++, Stream::generator, level_id);
      used = 0;
    }
    return words.word[used++];
  }
  HOST_DEVICE constexpr int below(int n) {
    return static_cast<int>(std::uint64_t{next()} * static_cast<std::uint64_t>(n) >> 32);
  }
  HOST_DEVICE constexpr bool happens(std::uint32_t chance) { return next() < chance; }
};

// The state of one attempt. last[d]: boxes whose last pull went in direction d; spare: for whoever needs a plane.
template <int kRows>
struct Play {
  Row floor[kRows]{}, open[kRows]{}, boxes[kRows]{}, targets[kRows]{}, reached[kRows]{}, spare[kRows]{};
  Row last[kActions][kRows]{};
  Position player{0, 0};
  int moves = 0, turns = 0;
};

template <int kRows>
HOST_DEVICE constexpr void clear(Play<kRows>& play) {
  for (int row = 0; row < kRows; ++row) {
    play.floor[row] = play.open[row] = play.boxes[row] = play.targets[row] = play.reached[row] = 0;
    for (int d = 0; d < kActions; ++d) play.last[d][row] = 0;
  }
  play.moves = play.turns = 0;
}

// Opens cells of play.floor, which is wall as yet; the rim stays. Takes height, width and walk of the rules.
template <int kRows>
HOST_DEVICE constexpr void carve(const ReversePlay& rules, Words& words, Play<kRows>& play) {
  const Row inside = (~Row{0} >> (kLargestSize - (rules.width - 2))) << 1;
  Position at{1 + words.below(rules.height - 2), 1 + words.below(rules.width - 2)};
  auto direction = static_cast<Action>(words.below(kActions));
  for (int step = 0; step < rules.walk; ++step) {
    if (words.happens(kTurn)) direction = static_cast<Action>(words.below(kActions));
    const Position next = neighbour(at, direction);
    if (next.row > 0 && next.row < rules.height - 1 && next.column > 0 && next.column < rules.width - 1) at = next;
    const int shape = words.below(kShapes);
    for (int r = 0; r < 3; ++r) {
      const int row = at.row - 1 + r;
      if (row > 0 && row < rules.height - 1) play.floor[row] |= (shape_row(shape, r) << (at.column - 1)) & inside;
    }
  }
}

}  // namespace reverse_play

}  // namespace boxwarp
