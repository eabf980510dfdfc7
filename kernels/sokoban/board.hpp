// What a board is, as bits: the small tier (one 64-bit word per plane) and the large tier (one word per row and plane).
#pragma once

#include <cstdint>

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

// The four moves, in the order of the published environment, and the one that some agents have besides: to do nothing.
enum class Action : std::uint8_t { up, down, left, right, no_op };
inline constexpr int kActions = 4;  // moves

// What one cell shows, in the order of the one-hot planes.
enum class Cell : std::uint8_t { wall, floor, target, box_on_target, box, player, player_on_target };
inline constexpr int kCellCodes = 7;

// Red, green and blue of each cell code, as the published environment draws one pixel per cell.
inline constexpr std::uint8_t kCellColours[kCellCodes][3] = {{0, 0, 0},      {243, 248, 238}, {254, 126, 125}, {254, 95, 56},
                                                             {142, 121, 56}, {160, 212, 56},  {219, 212, 56}};

// ---- small tier -------------------------------------------------------------------------------------------------
// The outermost ring of a level is wall by definition and is not stored: bit 8*row + column is the cell at that row and
// column of the interior, row 0 at the top, column 0 at the left. Interiors smaller than 8x8 are filled up with wall.

using Cells = std::uint64_t;
inline constexpr int kSmallInterior = 8;
inline constexpr int kSmallSize = kSmallInterior + 2;  // largest height or width of a board of the small tier, rim included
inline constexpr Cells kLeftColumn = 0x0101010101010101u;
inline constexpr Cells kRightColumn = kLeftColumn << 7;

// Word: Cells, or a vector of them that holds one for each of several boards.
template <class Word>
struct LevelOf {  // fixed for an episode
  Word walls, targets;
};
using Level = LevelOf<Cells>;

template <class Word>
struct BoardOf {  // changes with every step; player has exactly one bit
  Word boxes, player;
};
using Board = BoardOf<Cells>;

// ---- large tier -------------------------------------------------------------------------------------------------
// Up to 64x64 with the rim stored: word r of a plane is row r, bit c of it column c. Rows and columns beyond the board
// are wall.

using Row = std::uint64_t;
inline constexpr int kLargestSize = 64;

struct Position {
  int row, column;
};

constexpr bool operator==(Position a, Position b) { return a.row == b.row && a.column == b.column; }

struct LargeLevel {  // walls, targets: (height) words each, read only
  const Row* walls;
  const Row* targets;
  int height;
};

// The cells of a plane of whole rows that the small tier keeps. The plane has `rows` rows; outside them is `beyond`.
HOST_DEVICE constexpr Cells interior_of(const Row* plane, int rows, Row beyond) {
  Cells word = 0;
  for (int row = 0; row < kSmallInterior; ++row) {
    const Row bits = row + 1 < rows ? plane[row + 1] : beyond;
    word |= (bits >> 1 & 0xff) << (kSmallInterior * row);
  }
  return word;
}

HOST_DEVICE constexpr bool has(const Row* plane, Position at) { return (plane[at.row] >> at.column & 1u) != 0; }

}  // namespace boxwarp
