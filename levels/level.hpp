// A level as it was read: rows of bits in the large tier's layout (kernels/sokoban/board.hpp), rim included.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/sokoban/board.hpp"

namespace boxwarp {

struct LevelRows {
  int height = 0, width = 0;               // 1 to 64, rim included
  std::vector<Row> walls, targets, boxes;  // (height) words; bits from width up are wall
  Position player{0, 0};
  std::string title;  // UTF-8, may be empty

  int box_count() const;
  int target_count() const;
};

// Rows of the level over " #@+$*.", each `width` characters; walls that no floor touches are '#', too.
std::vector<std::string> to_text(const LevelRows& level);

// The level as part of a text file: "; number", its title as a key if it has one, its rows, a blank line.
std::string text_entry(const LevelRows& level, std::int64_t number);

}  // namespace boxwarp
