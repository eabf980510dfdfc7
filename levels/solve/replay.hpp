// From the boards of a solution to the moves of the player.
#pragma once

#include <string>
#include <vector>

#include "levels/game.hpp"
#include "levels/solve/plane.hpp"

namespace boxwarp::search {

// The shortest walk over free cells, as letters. Both ends are free and connected.
template <int kWords>
std::string walk_between(const Frame<kWords>& frame, const Plane<kWords>& free, int from, int to) {
  std::vector<Plane<kWords>> within{cell_plane<kWords>(to)};  // at most so many steps from the end
  while (!within.back().has(from)) within.push_back(frame.grown(within.back()) & free);
  std::string letters;
  for (std::size_t left = within.size() - 1; left > 0; --left) {
    const Plane<kWords> here = cell_plane<kWords>(from), closer = within[left - 1];
    const bool leads[kActions] = {(frame.template shifted<Action::up>(here) & closer).any(),
                                  (frame.template shifted<Action::down>(here) & closer).any(),
                                  (frame.template shifted<Action::left>(here) & closer).any(),
                                  (frame.template shifted<Action::right>(here) & closer).any()};
    int a = 0;
    while (!leads[a]) ++a;
    letters += lurd_letter(static_cast<Action>(a), false);
    from += frame.offset(static_cast<Action>(a));
  }
  return letters;
}

// boards: of boxes, each one push after the one before; player: at the first of them.
template <int kWords>
std::string moves_through(const Frame<kWords>& frame, const Plane<kWords>& open, const std::vector<Plane<kWords>>& boards,
                          int player) {
  std::string letters;
  for (std::size_t i = 1; i < boards.size(); ++i) {
    const Plane<kWords>&before = boards[i - 1], &after = boards[i];
    const int from = (before & ~after).first(), offset = (after & ~before).first() - from;
    int a = 0;
    while (frame.offset(static_cast<Action>(a)) != offset) ++a;
    letters += walk_between(frame, open & ~before, player, from - offset);
    letters += lurd_letter(static_cast<Action>(a), true);
    player = from;
  }
  return letters;
}

}  // namespace boxwarp::search
