// What is worth a remark about levels that are accepted.
#pragma once

#include "levels/parse/board.hpp"

namespace boxwarp {

// Adds what can be seen from the levels themselves to what parsing them has found, each kind once and in the order of
// LevelWarning: more_targets, already_solved, box_cannot_move (a box, on a target or not, that no sequence of moves can
// move), duplicate (the same board as an earlier one of the file).
void add_warnings(ParsedFile& file);

}  // namespace boxwarp
