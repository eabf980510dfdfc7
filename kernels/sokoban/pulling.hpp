// Playing backwards on one board: which boxes can be pulled, and what a pull changes.
#pragma once

#include "kernels/sokoban/bits.hpp"
#include "kernels/sokoban/carving.hpp"
#include "kernels/sokoban/reach.hpp"
#include "kernels/sokoban/rules.hpp"

namespace boxwarp::reverse_play {

HOST_DEVICE constexpr int count(const Row* plane, int height) {
  int cells = 0;
  for (int row = 0; row < height; ++row) cells += bit_count(plane[row]);
  return cells;
}

// The cell of a plane with this number in reading order.
HOST_DEVICE constexpr Position cell_of(const Row* plane, int number) {
  int row = 0;
  for (int here = bit_count(plane[0]); number >= here; here = bit_count(plane[row])) {
    number -= here;
    ++row;
  }
  Row cells = plane[row];
  for (; number > 0; --number) cells &= cells - 1;
  return {row, lowest_bit(cells)};
}

HOST_DEVICE constexpr void put(Row* plane, Position at) { plane[at.row] |= Row{1} << at.column; }
HOST_DEVICE constexpr void take(Row* plane, Position at) { plane[at.row] &= ~(Row{1} << at.column); }

HOST_DEVICE constexpr bool vertical(Action action) { return action == Action::up || action == Action::down; }

// Row `row` of the cells whose neighbour `steps` on in this direction is in the plane.
HOST_DEVICE constexpr Row seen_from(const Row* plane, int height, int row, Action direction, int steps) {
  const int there = row + steps * ((direction == Action::down) - (direction == Action::up));
  if (there < 0 || there >= height) return 0;
  if (direction == Action::left) return plane[there] << steps;
  if (direction == Action::right) return plane[there] >> steps;
  return plane[there];
}

// Row `row` of the boxes that were pulled at least once.
template <int kRows>
HOST_DEVICE constexpr Row pulled(const Play<kRows>& play, int row) {
  return play.last[0][row] | play.last[1][row] | play.last[2][row] | play.last[3][row];
}

// Which boxes a pull may be chosen from.
struct Choice {
  bool on_target_only;  // those on targets
  bool pulled_only;     // those pulled before
  bool onward_only;     // not straight back where the box came from
};

// Row `row` of the boxes that the player can pull in this direction.
template <int kRows>
HOST_DEVICE constexpr Row pullable(const Play<kRows>& play, int height, int row, Action direction, Choice choice) {
  Row boxes = play.boxes[row];
  if (choice.on_target_only) boxes &= play.targets[row];
  if (choice.pulled_only) boxes &= pulled(play, row);
  if (choice.onward_only) boxes &= ~play.last[static_cast<int>(opposite(direction))][row];
  return boxes & seen_from(play.reached, height, row, direction, 1) & seen_from(play.open, height, row, direction, 2);
}

template <int kRows>
HOST_DEVICE constexpr int count_pulls(const Play<kRows>& play, int height, Choice choice) {
  int pulls = 0;
  for (int d = 0; d < kActions; ++d) {
    for (int row = 0; row < height; ++row) pulls += bit_count(pullable(play, height, row, static_cast<Action>(d), choice));
  }
  return pulls;
}

struct Pull {
  Position box;
  Action direction;
};

template <int kRows>
HOST_DEVICE constexpr Pull pull_of(const Play<kRows>& play, int height, Choice choice, int number) {
  for (int d = 0; d < kActions; ++d) {
    const auto direction = static_cast<Action>(d);
    for (int row = 0; row < height; ++row) {
      Row cells = pullable(play, height, row, direction, choice);
      const int here = bit_count(cells);
      if (number < here) {
        for (; number > 0; --number) cells &= cells - 1;
        return {{row, lowest_bit(cells)}, direction};
      }
      number -= here;
    }
  }
  return {{0, 0}, Action::up};
}

// One pull: the player stands beside the box and both go one cell in this direction.
template <int kRows>
HOST_DEVICE constexpr void pull(Play<kRows>& play, Position box, Action direction) {
  const Position to = neighbour(box, direction);
  take(play.boxes, box);
  put(play.boxes, to);
  put(play.open, box);
  take(play.open, to);
  for (int d = 0; d < kActions; ++d) {
    if (has(play.last[d], box)) play.turns += vertical(static_cast<Action>(d)) != vertical(direction);
    take(play.last[d], box);
  }
  put(play.last[static_cast<int>(direction)], to);
  play.player = neighbour(to, direction);
  ++play.moves;
}

template <int kRows>
HOST_DEVICE constexpr void find_reach(Play<kRows>& play, int height) {
  for (int row = 0; row < height; ++row) play.reached[row] = 0;
  put(play.reached, play.player);
  reach_all(play.open, height, play.reached);
}

// Walks to the box and pulls it, on while the way is free and the coin says so. Returns the number of pulls.
template <int kRows>
HOST_DEVICE constexpr int pull_on(const ReversePlay& rules, Words& words, Play<kRows>& play, Pull first) {
  auto [box, direction] = first;
  play.moves += walking_distance(play.open, rules.height, play.player, neighbour(box, direction), play.spare);
  int pulls = 0;
  while (play.moves < rules.max_moves) {
    pull(play, box, direction);
    ++pulls;
    box = neighbour(box, direction);
    if (!has(play.open, neighbour(play.player, direction)) || words.happens(kTurn)) break;
  }
  return pulls;
}

}  // namespace boxwarp::reverse_play
