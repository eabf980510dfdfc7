// The eight symmetries of the square, as maps of cells, used to play one level in several guises.
#pragma once

#include "kernels/sokoban/board.hpp"

namespace boxwarp {

inline constexpr int kSymmetries = 8;             // of a square frame
inline constexpr int kSymmetriesOfRectangle = 4;  // the first four keep height and width

// Where a cell of a frame of height x width goes. symmetry: 0..7, bit 0 flips rows, bit 1 flips columns, bit 2 (square
// frames only) swaps rows and columns before that.
HOST_DEVICE constexpr Position mapped(Position at, int symmetry, int height, int width) {
  const Position turned = (symmetry & 4) != 0 ? Position{at.column, at.row} : at;
  return {(symmetry & 1) != 0 ? height - 1 - turned.row : turned.row,
          (symmetry & 2) != 0 ? width - 1 - turned.column : turned.column};
}
static_assert(mapped({1, 0}, 0, 3, 5) == Position{1, 0} && mapped({1, 0}, 3, 3, 5) == Position{1, 4});
static_assert(mapped({0, 2}, 4, 3, 3) == Position{2, 0} && mapped({0, 2}, 5, 3, 3) == Position{0, 0});

}  // namespace boxwarp
