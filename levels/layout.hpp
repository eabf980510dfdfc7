// The shape of a room, apart from what stands in it and from how it is turned.
#pragma once

#include <vector>

#include "levels/level.hpp"

namespace boxwarp {

// The floor of the level moved to the top left corner, in that of its eight rotations and reflections whose rows come first:
// (rows of the room) words, bit = column. Equal for two levels exactly if one room covers the other.
std::vector<Row> layout_of(const LevelRows& level);

}  // namespace boxwarp
