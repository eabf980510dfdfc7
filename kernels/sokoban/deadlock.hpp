// Boards that no play can solve any more, as far as two tests see it; what they call dead is dead for certain.
//
// Static: a box stands where it could not be pushed onto any target, were it alone in the room. Freeze: boxes hold each
// other and the walls so that none of them can ever move, and one of them is on no target. A box that could only move onto
// a cell of the first kind counts as held there, too: moved or not, the board is dead. Both need every box on a target to
// solve a board (rules.hpp). Once a board is dead to these tests, it stays so.
#pragma once

#include "kernels/sokoban/rules.hpp"

namespace boxwarp {

// ---- small tier -------------------------------------------------------------------------------------------------

// Cells from which a box that is alone in the room can be pushed onto a target; those that are targets, too.
HOST_DEVICE constexpr Cells live_cells(const Level& level) {
  const Cells open = ~level.walls;
  // A box is pushed off a cell in a direction if the player can stand on the opposite side.
  const Cells up = open & shifted(open, Action::up), down = open & shifted(open, Action::down),
              left = open & shifted(open, Action::left), right = open & shifted(open, Action::right);
  Cells live = level.targets & open;
  for (Cells before = 0; live != before;) {
    before = live;
    live |= (shifted(live, Action::down) & up) | (shifted(live, Action::up) & down) | (shifted(live, Action::right) & left) |
            (shifted(live, Action::left) & right);
  }
  return live;
}

// live: live_cells(level).
HOST_DEVICE constexpr bool is_dead(const Level& level, const Board& board, Cells live) {
  if ((board.boxes & ~live) != 0) return true;
  const Cells open = ~level.walls, dead = open & ~live;
  const Cells held_sideways = ~(shifted(open, Action::right) & shifted(open, Action::left)) |
                              (shifted(dead, Action::right) & shifted(dead, Action::left));
  const Cells held_upright =
      ~(shifted(open, Action::down) & shifted(open, Action::up)) | (shifted(dead, Action::down) & shifted(dead, Action::up));
  // All boxes are taken to be stuck until they are seen to have a line to move on; what remains holds itself.
  Cells stuck = board.boxes;
  for (Cells before = 0; stuck != before;) {
    before = stuck;
    stuck &= (held_sideways | shifted(stuck, Action::left) | shifted(stuck, Action::right)) &
             (held_upright | shifted(stuck, Action::up) | shifted(stuck, Action::down));
  }
  return (stuck & ~level.targets) != 0;
}

// ---- large tier -------------------------------------------------------------------------------------------------

// Outside of the board counts as wall.
HOST_DEVICE constexpr Row open_row(const LargeLevel& level, int row) {
  return row >= 0 && row < level.height ? ~level.walls[row] : 0;
}

// The same into live: (height) words, written over.
HOST_DEVICE constexpr void find_live_cells(const LargeLevel& level, Row* live) {
  for (int row = 0; row < level.height; ++row) live[row] = level.targets[row] & ~level.walls[row];
  for (bool grew = true; grew;) {
    grew = false;
    for (int row = 0; row < level.height; ++row) {
      const Row open = ~level.walls[row], before = live[row];
      const Row pushed_up = row > 0 ? live[row - 1] & open_row(level, row + 1) : 0;
      const Row pushed_down = row + 1 < level.height ? live[row + 1] & open_row(level, row - 1) : 0;
      live[row] |= (pushed_up | pushed_down | (before << 1 & open >> 1) | (before >> 1 & open << 1)) & open;
      grew |= live[row] != before;
    }
  }
}

// boxes: (height) words; live: as find_live_cells gives it; stuck: (height) words to work in, written over.
HOST_DEVICE constexpr bool is_dead(const LargeLevel& level, const Row* boxes, const Row* live, Row* stuck) {
  Row lost = 0;
  for (int row = 0; row < level.height; ++row) {
    lost |= boxes[row] & ~live[row];
    stuck[row] = boxes[row];
  }
  if (lost != 0) return true;
  for (bool shrank = true; shrank;) {
    shrank = false;
    lost = 0;
    for (int row = 0; row < level.height; ++row) {
      const Row before = stuck[row];
      if (before == 0) continue;
      const Row open = ~level.walls[row], above = open_row(level, row - 1), below = open_row(level, row + 1);
      const Row dead = open & ~live[row], dead_above = row > 0 ? above & ~live[row - 1] : 0,
                dead_below = row + 1 < level.height ? below & ~live[row + 1] : 0;
      const Row stuck_above = row > 0 ? stuck[row - 1] : 0, stuck_below = row + 1 < level.height ? stuck[row + 1] : 0;
      const Row sideways = ~(open << 1 & open >> 1) | (dead << 1 & dead >> 1) | before << 1 | before >> 1;
      const Row upright = ~(above & below) | (dead_above & dead_below) | stuck_above | stuck_below;
      stuck[row] = before & sideways & upright;
      shrank |= stuck[row] != before;
      lost |= stuck[row] & ~level.targets[row];
    }
  }
  return lost != 0;
}

namespace deadlock_checked_while_compiling {
// A room of 3x3 cells with a target in the middle of its upper row: only from the centre can a box be pushed there.
inline constexpr Level room{.walls = ~Cells{0x070707}, .targets = Cells{0x02}};
inline constexpr Cells live = live_cells(room);
static_assert(live == Cells{0x0202});
static_assert(!is_dead(room, {.boxes = 0x0200, .player = 1}, live) && is_dead(room, {.boxes = 0x0400, .player = 1}, live));
}  // namespace deadlock_checked_while_compiling

}  // namespace boxwarp
