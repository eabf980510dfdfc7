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
  LargeLevel fixed() const;  // what no move changes, for the rules; while the level stays as it is
};

// The columns of a board so wide, 0 to 64, as bits.
constexpr Row columns_of(int width) { return width >= kLargestSize ? ~Row{0} : (Row{1} << width) - 1; }

// Cells in a plane of rows.
int cells_in(const std::vector<Row>& plane);

// Rows of the level over " #@+$*.", each `width` characters; walls that no floor touches are '#', too.
std::vector<std::string> to_text(const LevelRows& level);

// The level as part of a text file: "; number", its title as a key if it has one, its rows, a blank line.
std::string text_entry(const LevelRows& level, std::int64_t number);

}  // namespace boxwarp
