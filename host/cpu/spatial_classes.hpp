// What a 3x3 SAME convolution does to a map that is the same in every cell depends only on which taps lie on the board:
// nine classes of cells (inside, edges, corners), fewer on boards of one or two rows or columns. Where the rim is marked it
// also depends on which taps lie on the rim: up to 25 classes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "kernels/net/net.hpp"

namespace boxwarp {

using Taps = std::array<bool, 9>;  // tap 3 * row + column

struct SpatialClass {
  Taps on_board;
  Taps on_boundary;  // where the boundary feature is one: around the board (fence), on its rim, or nowhere

  bool operator==(const SpatialClass&) const = default;
};

struct SpatialClasses {
  std::vector<std::uint8_t> of_cell;  // (H, W) the class of each cell
  std::vector<SpatialClass> classes;

  int count() const { return static_cast<int>(classes.size()); }
};

inline SpatialClass spatial_class(int height, int width, Boundary boundary, int y, int x) {
  SpatialClass result{};
  for (int tap = 0; tap < 9; ++tap) {
    const int row = y + tap / 3 - 1, column = x + tap % 3 - 1;
    const bool on_board = row >= 0 && row < height && column >= 0 && column < width;
    const bool on_rim = on_board && (row == 0 || row == height - 1 || column == 0 || column == width - 1);
    const auto at = static_cast<std::size_t>(tap);
    result.on_board[at] = on_board;
    result.on_boundary[at] = boundary == Boundary::fence ? !on_board : boundary == Boundary::rim && on_rim;
  }
  return result;
}

inline SpatialClasses spatial_classes(int height, int width, Boundary boundary) {
  SpatialClasses result;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const SpatialClass of_cell = spatial_class(height, width, boundary, y, x);
      const auto found = std::find(result.classes.begin(), result.classes.end(), of_cell);
      result.of_cell.push_back(static_cast<std::uint8_t>(found - result.classes.begin()));
      if (found == result.classes.end()) result.classes.push_back(of_cell);
    }
  }
  return result;
}

}  // namespace boxwarp
