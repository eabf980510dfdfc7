#include "levels/layout.hpp"

#include <algorithm>
#include <bit>

namespace boxwarp {

namespace {

using Plane = std::vector<Row>;

Plane to_corner(const Plane& floor) {
  const auto filled = [](Row row) { return row != 0; };
  const auto first = std::find_if(floor.begin(), floor.end(), filled);
  const auto last = std::find_if(floor.rbegin(), floor.rend(), filled).base();
  if (first == floor.end()) return {};
  Row columns = 0;
  for (auto row = first; row != last; ++row) columns |= *row;
  Plane moved(first, last);
  for (Row& row : moved) row >>= std::countr_zero(columns);
  return moved;
}

Plane transposed(const Plane& plane) {
  Row columns = 0;
  for (const Row row : plane) columns |= row;
  Plane turned(static_cast<std::size_t>(std::bit_width(columns)), 0);
  for (std::size_t row = 0; row < plane.size(); ++row) {
    for (Row rest = plane[row]; rest != 0; rest &= rest - 1) {
      turned[static_cast<std::size_t>(std::countr_zero(rest))] |= Row{1} << row;
    }
  }
  return turned;
}

}  // namespace

std::vector<Row> layout_of(const LevelRows& level) {
  Plane floor(level.walls.size());
  std::transform(level.walls.begin(), level.walls.end(), floor.begin(), [](Row walls) { return ~walls; });
  floor = to_corner(floor);
  Plane first = floor;
  // Turning over the diagonal and upside down, by turns, goes through all eight.
  for (int symmetry = 1; symmetry < 8; ++symmetry) {
    if (symmetry % 2 == 1) {
      floor = transposed(floor);
    } else {
      std::reverse(floor.begin(), floor.end());
    }
    first = std::min(first, floor);
  }
  return first;
}

}  // namespace boxwarp
