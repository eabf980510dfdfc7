// What the solver says of levels and of plays: how many pushes and moves are needed at least, and where a play gave them
// away.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/sokoban/rules.hpp"
#include "levels/level.hpp"

namespace boxwarp {

class Solver;
struct SolveBudget;

inline constexpr std::int32_t kNoSolution = -1;  // in place of a number: it was proved that there is none
inline constexpr std::int32_t kNotKnown = -2;    // the solver's budget was used up, or nobody asked

struct LevelLabel {
  std::int32_t pushes = kNotKnown, moves = kNotKnown;  // the fewest of any solution
  std::vector<std::uint8_t> solution;  // actions (0 up, 1 down, 2 left, 3 right) with the fewest pushes, or none
};

// Everything that the level's label misses.
LevelLabel completed(LevelLabel label, const LevelRows& level, Solver& solver, const SolveBudget& budget);

// Does this play bring every box onto a target in its last step, with so many pushes? Blocked actions are allowed.
bool plays_to_solution(const LevelRows& level, std::span<const std::uint8_t> actions, std::int32_t pushes);

struct PlayLabels {                     // of a play of T steps
  std::vector<std::int32_t> remaining;  // (T + 1) the fewest pushes from each board on; the first is the level's own
  std::vector<std::int8_t> kept;        // (T) 1: the action led to a board from which no more pushes are needed in all than
                                        // before; 0: it cost some, or there was no solution any more; -1: not known
};

// actions: (T), blocked ones and no_op too; boards after a solution keep their 0.
PlayLabels labels_of(const LevelRows& level, std::span<const std::uint8_t> actions, Solver& solver,
                     const SolveBudget& budget);

// The first step (from 1) after which the board is dead to the tests of kernels/sokoban/deadlock.hpp; 0: the level itself
// is; -1: none, as under SolvedRule::targets_covered where there are more boxes than targets. actions: (T), no_op too.
int death_of(const LevelRows& level, std::span<const std::uint8_t> actions, SolvedRule rule = SolvedRule::boxes_matched);

}  // namespace boxwarp
