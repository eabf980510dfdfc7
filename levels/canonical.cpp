#include "levels/canonical.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "kernels/sokoban/symmetry.hpp"

namespace boxwarp {

namespace {

// What stands on a cell, as one bit each.
constexpr char kFloor = 1, kTarget = 2, kBox = 4, kPlayer = 8;

struct Pattern {
  int height = 0, width = 0;
  std::string bytes;  // (height, width)

  char& at(Position cell) { return bytes[static_cast<std::size_t>(cell.row * width + cell.column)]; }
};

Pattern pattern_of(const LevelRows& level) {
  Pattern cells{level.height, level.width, std::string(static_cast<std::size_t>(level.height * level.width), '\0')};
  for (int row = 0; row < level.height; ++row) {
    for (int column = 0; column < level.width; ++column) {
      const Position here{row, column};
      char& cell = cells.at(here);
      if (!has(level.walls.data(), here)) cell |= kFloor;
      if (has(level.targets.data(), here)) cell |= kTarget;
      if (has(level.boxes.data(), here)) cell |= kBox;
    }
  }
  cells.at(level.player) |= kPlayer;
  return cells;
}

// The smallest rectangle that holds all floor.
Pattern cropped(Pattern& cells) {
  int top = cells.height, bottom = -1, left = cells.width, right = -1;
  for (int row = 0; row < cells.height; ++row) {
    for (int column = 0; column < cells.width; ++column) {
      if (cells.at({row, column}) == 0) continue;
      top = std::min(top, row);
      bottom = std::max(bottom, row);
      left = std::min(left, column);
      right = std::max(right, column);
    }
  }
  Pattern small{bottom - top + 1, right - left + 1, {}};
  for (int row = top; row <= bottom; ++row) {
    small.bytes +=
        cells.bytes.substr(static_cast<std::size_t>(row * cells.width + left), static_cast<std::size_t>(small.width));
  }
  return small;
}

std::string with_size(const Pattern& cells) {
  return std::string{static_cast<char>(cells.height), static_cast<char>(cells.width)} + cells.bytes;
}

std::string turned(Pattern& cells, int symmetry) {
  const bool swaps = (symmetry & 4) != 0;
  Pattern result{swaps ? cells.width : cells.height, swaps ? cells.height : cells.width,
                 std::string(cells.bytes.size(), '\0')};
  for (int row = 0; row < cells.height; ++row) {
    for (int column = 0; column < cells.width; ++column) {
      result.at(mapped({row, column}, symmetry, result.height, result.width)) = cells.at({row, column});
    }
  }
  return with_size(result);
}

}  // namespace

std::string canonical_form(const LevelRows& level) {
  Pattern whole = pattern_of(level), cells = cropped(whole);
  std::string first = turned(cells, 0);
  for (int symmetry = 1; symmetry < kSymmetries; ++symmetry) first = std::min(first, turned(cells, symmetry));
  return first;
}

std::string exact_form(const LevelRows& level) { return with_size(pattern_of(level)); }

}  // namespace boxwarp
