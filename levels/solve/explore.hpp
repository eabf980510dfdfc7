// What can be said exactly of a level whose boards can all be visited: how short its solutions are, how often they turn, and
// how often random play finds one.
#pragma once

#include <cstdint>
#include <optional>

#include "levels/level.hpp"

namespace boxwarp {

struct Exploration {
  std::int64_t boards;     // that differ in boxes or player and come before a solution, or are one
  int fewest_moves;        // of any solution; -1: there is none
  int fewest_corners;      // how often the direction of pushing changes, in the solution that changes it least; -1: none
  double random_solution;  // chance that uniform random play (four actions) solves it within the steps given
};

// Visits every board that can be reached; nothing is said (no value) of a level with more boards than most_boards.
std::optional<Exploration> explore(const LevelRows& level, int random_steps, std::int64_t most_boards = 1'000'000);

}  // namespace boxwarp
