// Where a player gets to on a board of the large tier without pushing: floods over rows of bits.
//
// open: (height) words, the cells that may be entered; reached: (height) words, in and out, a subset of open.
#pragma once

#include "kernels/sokoban/board.hpp"

namespace boxwarp {

HOST_DEVICE constexpr Row sideways(Row cells) { return cells << 1 | cells >> 1; }

// Adds the open cells one step away from what is reached.
HOST_DEVICE constexpr void reach_one_step(const Row* open, int height, Row* reached) {
  Row above = 0;
  for (int row = 0; row < height; ++row) {
    const Row here = reached[row], below = row + 1 < height ? reached[row + 1] : 0;
    reached[row] |= (sideways(here) | above | below) & open[row];
    above = here;
  }
}

// Adds every open cell that is connected to what is reached.
HOST_DEVICE constexpr void reach_all(const Row* open, int height, Row* reached) {
  // Sweeps down and up in turn: each carries what it finds along with it, so few sweeps do where single steps would take as
  // many as the longest path.
  bool grew = true;
  while (grew) {
    grew = false;
    for (int sweep = 0; sweep < 2; ++sweep) {
      Row behind = 0;
      for (int i = 0; i < height; ++i) {
        const int row = sweep == 0 ? i : height - 1 - i;
        const Row before = reached[row];
        Row here = before | (behind & open[row]);
        for (Row next = here | (sideways(here) & open[row]); next != here; next = here | (sideways(here) & open[row]))
          here = next;
        reached[row] = behind = here;
        grew |= here != before;
      }
    }
  }
}

// Steps on the shortest way between two open cells that are connected. reached: (height) words that are written over.
HOST_DEVICE constexpr int walking_distance(const Row* open, int height, Position from, Position to, Row* reached) {
  for (int row = 0; row < height; ++row) reached[row] = 0;
  reached[from.row] = Row{1} << from.column;
  int steps = 0;
  while (!has(reached, to)) {
    reach_one_step(open, height, reached);
    ++steps;
  }
  return steps;
}

namespace reach_checked_while_compiling {
// A U-turn in a board of 3x3 cells: down the left column, along the bottom, up the right.
inline constexpr Row turn[3] = {0b101, 0b101, 0b111};
static_assert([] {
  Row reached[3]{};
  return walking_distance(turn, 3, {0, 0}, {0, 2}, reached) == 6;
}());
static_assert([] {
  Row reached[3] = {1, 0, 0};
  reach_all(turn, 3, reached);
  return reached[0] == turn[0] && reached[1] == turn[1] && reached[2] == turn[2];
}());
static_assert(
    [] {
      const Row diagonal[2] = {0b01, 0b10};
      Row reached[2] = {1, 0};
      reach_all(diagonal, 2, reached);
      return reached[1] == 0;
    }(),
    "corners do not connect");
}  // namespace reach_checked_while_compiling

}  // namespace boxwarp
