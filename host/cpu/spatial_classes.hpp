// What a 3x3 SAME convolution does to a map that is the same in every cell depends only on which taps lie on the board:
// nine classes of cells (inside, edges, corners), fewer on boards of one or two rows or columns.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace boxwarp {

struct SpatialClasses {
  std::vector<std::uint8_t> of_cell;          // (H, W) the class of each cell
  std::vector<std::array<bool, 9>> on_board;  // for each class: whether tap 3 * row + column lies on the board

  int count() const { return static_cast<int>(on_board.size()); }
};

inline SpatialClasses spatial_classes(int height, int width) {
  SpatialClasses classes;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::array<bool, 9> on_board{};
      for (int tap = 0; tap < 9; ++tap) {
        const int row = y + tap / 3 - 1, column = x + tap % 3 - 1;
        on_board[static_cast<std::size_t>(tap)] = row >= 0 && row < height && column >= 0 && column < width;
      }
      const auto found = std::find(classes.on_board.begin(), classes.on_board.end(), on_board);
      classes.of_cell.push_back(static_cast<std::uint8_t>(found - classes.on_board.begin()));
      if (found == classes.on_board.end()) classes.on_board.push_back(on_board);
    }
  }
  return classes;
}

}  // namespace boxwarp
