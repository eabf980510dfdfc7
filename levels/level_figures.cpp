#include "levels/level_figures.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "kernels/sokoban/reach.hpp"
#include "levels/solve/assignment.hpp"

namespace boxwarp {

namespace {

using Plane = std::vector<Row>;

Row row_of(const Plane& plane, std::size_t row) { return row < plane.size() ? plane[row] : 0; }

// Of each cell: the cells of the plane above, below, left and right of it. Row -1 wraps to a row that is not there.
std::array<Row, 4> beside(const Plane& plane, std::size_t row) {
  return {row_of(plane, row - 1), row_of(plane, row + 1), plane[row] << 1, plane[row] >> 1};
}

Row any_of(const std::array<Row, 4>& rows) { return rows[0] | rows[1] | rows[2] | rows[3]; }

// Cells of one plane that have a cell of the other beside them.
int count_beside(const Plane& cells, const Plane& others) {
  int count = 0;
  for (std::size_t row = 0; row < cells.size(); ++row) count += std::popcount(cells[row] & any_of(beside(others, row)));
  return count;
}

void count_neighbours(const Plane& floor, LevelFigures& figures) {
  for (std::size_t row = 0; row < floor.size(); ++row) {
    const std::array<Row, 4> near = beside(floor, row);
    for (Row rest = floor[row]; rest != 0; rest &= rest - 1) {
      const int at = std::countr_zero(rest);
      std::size_t neighbours = 0;
      for (const Row side : near) neighbours += side >> at & 1;
      ++figures.neighbours[neighbours];
    }
    const Row pairs = floor[row] & floor[row] >> 1, below = row_of(floor, row + 1);
    figures.blocks += std::popcount(pairs & below & below >> 1);
  }
}

int rectangle_area(const Plane& floor) {
  Row columns = 0;
  int first = static_cast<int>(floor.size()), last = -1;
  for (int row = 0; row < static_cast<int>(floor.size()); ++row) {
    if (floor[static_cast<std::size_t>(row)] == 0) continue;
    columns |= floor[static_cast<std::size_t>(row)];
    first = std::min(first, row);
    last = row;
  }
  if (columns == 0) return 0;
  return (last - first + 1) * static_cast<int>(std::bit_width(columns) - static_cast<unsigned>(std::countr_zero(columns)));
}

// Adds the cells of `walls` beside what is reached, until there are no more.
void reach_by_sides(const Plane& walls, Plane& reached) {
  for (bool grew = true; grew;) {
    grew = false;
    for (std::size_t row = 0; row < walls.size(); ++row) {
      const Row near =
          row_of(reached, row - 1) | reached[row] | row_of(reached, row + 1) | reached[row] << 1 | reached[row] >> 1;
      const Row grown = reached[row] | (near & walls[row]);
      grew |= grown != reached[row];
      reached[row] = grown;
    }
  }
}

int islands_of(const LevelRows& level, const Plane& floor) {
  const auto height = static_cast<std::size_t>(level.height);
  const Row inside = columns_of(level.width);
  const Row sides = Row{1} | Row{1} << (level.width - 1);
  Plane walls(height), reached(height);
  for (std::size_t row = 0; row < height; ++row) {
    walls[row] = inside & ~floor[row];
    reached[row] = walls[row] & (row == 0 || row + 1 == height ? inside : sides);
  }
  reach_by_sides(walls, reached);
  for (int islands = 0;; ++islands) {
    for (std::size_t row = 0; row < height; ++row) walls[row] &= ~reached[row];
    std::size_t row = 0;
    while (row < height && walls[row] == 0) ++row;
    if (row == height) return islands;
    std::fill(reached.begin(), reached.end(), Row{0});
    reached[row] = walls[row] & (~walls[row] + 1);
    reach_by_sides(walls, reached);
  }
}

void count_reach(const LevelRows& level, const Plane& floor, LevelFigures& figures) {
  Plane open(floor.size()), reached(floor.size(), 0);
  for (std::size_t row = 0; row < floor.size(); ++row) open[row] = floor[row] & ~level.boxes[row];
  reached[static_cast<std::size_t>(level.player.row)] = Row{1} << level.player.column;
  reach_all(open.data(), level.height, reached.data());
  figures.reach = static_cast<double>(cells_in(reached)) / std::max(1, cells_in(open));
  for (std::size_t row = 0; row < floor.size(); ++row) {
    const std::array<Row, 4> from = beside(reached, row), to = beside(open, row);
    for (std::size_t side = 0; side < kActions; ++side) {
      figures.first_pushes += std::popcount(level.boxes[row] & from[side] & to[side ^ 1]);
    }
  }
}

std::vector<Position> positions(const Plane& plane) {
  std::vector<Position> all;
  for (std::size_t row = 0; row < plane.size(); ++row) {
    for (Row rest = plane[row]; rest != 0; rest &= rest - 1) all.push_back({static_cast<int>(row), std::countr_zero(rest)});
  }
  return all;
}

int matched_distance(const LevelRows& level) {
  const std::vector<Position> boxes = positions(level.boxes), targets = positions(level.targets);
  if (boxes.empty() || targets.size() < boxes.size()) return 0;
  const std::size_t columns = targets.size();
  std::vector<int> table, cells;  // a row for each box
  for (std::size_t box = 0; box < boxes.size(); ++box) {
    cells.push_back(static_cast<int>(box));
    for (const Position target : targets) {
      table.push_back(std::abs(boxes[box].row - target.row) + std::abs(boxes[box].column - target.column));
    }
  }
  search::ManyBoxes assignment;
  assignment.begin(table.data(), static_cast<int>(columns), static_cast<int>(columns), static_cast<int>(boxes.size()));
  assignment.look_at(cells.data());
  const int* const others = assignment.others(0);
  int least = search::kUnreachable;
  for (std::size_t target = 0; target < columns; ++target) least = std::min(least, others[target] + table[target]);
  return least;
}

}  // namespace

LevelFigures figures_of(const LevelRows& level) {
  LevelFigures figures;
  const auto height = static_cast<std::size_t>(level.height);
  const Row inside = columns_of(level.width);
  Plane floor(height);
  for (std::size_t row = 0; row < height; ++row) floor[row] = ~level.walls[row] & inside;
  figures.floor = cells_in(floor);
  count_neighbours(floor, figures);
  figures.box_area = rectangle_area(floor);
  figures.islands = islands_of(level, floor);
  count_reach(level, floor, figures);
  figures.matched_distance = matched_distance(level);
  figures.boxes_by_boxes = count_beside(level.boxes, level.boxes);
  figures.targets_by_targets = count_beside(level.targets, level.targets);
  figures.boxes_by_walls = count_beside(level.boxes, level.walls);
  Plane player(height, 0);
  player[static_cast<std::size_t>(level.player.row)] = Row{1} << level.player.column;
  figures.player_by_box = count_beside(player, level.boxes) > 0;
  return figures;
}

}  // namespace boxwarp
