// Levels that are the same but for how they are turned and where they lie in their frame.
#pragma once

#include <string>

#include "levels/level.hpp"

namespace boxwarp {

// The level's cells as bytes, moved to the top left corner of its floor, in that of its eight rotations and reflections
// whose bytes come first. The player counts as where it stands. Equal for two levels exactly if one covers the other.
std::string canonical_form(const LevelRows& level);

// The same without turning or moving: equal exactly for equal boards.
std::string exact_form(const LevelRows& level);

}  // namespace boxwarp
