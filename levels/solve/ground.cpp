#include "levels/solve/ground.hpp"

#include <algorithm>
#include <bit>

#include "kernels/sokoban/reach.hpp"

namespace boxwarp::search {

namespace {

constexpr int kFewTargets = 4;

template <Action kAction, int kWords>
Plane<kWords> pulled(const Frame<kWords>& frame, const Plane<kWords>& open, const Plane<kWords>& boxes) {
  // A box that was pushed here in the direction kAction came from the cell before, the player from the one before that.
  return frame.template shifted<opposite(kAction)>(boxes) & open & frame.template shifted<kAction>(open);
}

// Breadth first, backwards from the target: a layer of cells at a time.
template <int kWords>
Plane<kWords> measure(Ground<kWords>& ground, int target, int column) {
  const Frame<kWords>& frame = ground.frame;
  Plane<kWords> layer = cell_plane<kWords>(target), seen = layer;
  for (int distance = 0; layer.any(); ++distance) {
    layer.for_each([&](int cell) {
      ground.distance[static_cast<std::size_t>(cell) * static_cast<std::size_t>(ground.columns) +
                      static_cast<std::size_t>(column)] = distance;
    });
    layer = (pulled<Action::up>(frame, ground.open, layer) | pulled<Action::down>(frame, ground.open, layer) |
             pulled<Action::left>(frame, ground.open, layer) | pulled<Action::right>(frame, ground.open, layer)) &
            ~seen;
    seen = seen | layer;
  }
  return seen;
}

}  // namespace

Area area_of(const LevelRows& level) {
  const auto height = static_cast<std::size_t>(level.height);
  std::vector<Row> open(height);
  const Row inside = columns_of(level.width);
  for (std::size_t row = 0; row < height; ++row) open[row] = ~level.walls[row] & inside;
  Area area;
  area.cells.assign(height, 0);
  area.cells[static_cast<std::size_t>(level.player.row)] = Row{1} << level.player.column;
  reach_all(open.data(), level.height, area.cells.data());
  Row columns = 0;
  int last = 0;
  area.top = level.height;
  for (int row = 0; row < level.height; ++row) {
    const auto r = static_cast<std::size_t>(row);
    area.lost_box |= (level.boxes[r] & ~area.cells[r] & ~level.targets[r]) != 0;
    columns |= area.cells[r];
    if (area.cells[r] == 0) continue;
    area.top = std::min(area.top, row);
    last = row;
  }
  area.left = std::countr_zero(columns);
  area.width = static_cast<int>(std::bit_width(columns)) - area.left;
  area.rows = last - area.top + 1;
  return area;
}

int words_for(const Area& area) {
  if (area.rows <= kSmallInterior && area.width <= kSmallInterior) return 1;
  return std::max(2, (area.rows * area.width + 63) / 64);
}

template <int kWords>
Plane<kWords> plane_of(const std::vector<Row>& rows, const Area& area, const Frame<kWords>& frame) {
  Plane<kWords> plane;
  for (int row = 0; row < area.rows; ++row) {
    const auto r = static_cast<std::size_t>(area.top + row);
    for (Row rest = (rows[r] & area.cells[r]) >> area.left; rest != 0; rest &= rest - 1) {
      plane.flip(row * frame.stride() + std::countr_zero(rest));
    }
  }
  return plane;
}

template <int kWords>
void survey(const LevelRows& level, const Area& area, Ground<kWords>& ground) {
  const Frame<kWords> frame = ground.frame = frame_of<kWords>(area.rows, area.width);
  ground.top = area.top;
  ground.left = area.left;
  ground.open = plane_of(area.cells, area, frame);
  ground.targets = plane_of(level.targets, area, frame);
  ground.target_count = ground.targets.count();
  ground.columns = std::max(ground.target_count, kFewTargets);
  ground.distance.assign(static_cast<std::size_t>(frame.stride() * frame.rows) * static_cast<std::size_t>(ground.columns),
                         kUnreachable);
  int column = 0;
  Plane<kWords> alive;
  ground.targets.for_each([&](int target) { alive = alive | measure(ground, target, column++); });
  ground.dead = ground.open & ~alive;
  const Plane<kWords> left = frame.template shifted<Action::right>(ground.open),
                      right = frame.template shifted<Action::left>(ground.open),
                      above = frame.template shifted<Action::down>(ground.open),
                      below = frame.template shifted<Action::up>(ground.open);
  const Plane<kWords> dead_left = frame.template shifted<Action::right>(ground.dead),
                      dead_right = frame.template shifted<Action::left>(ground.dead),
                      dead_above = frame.template shifted<Action::down>(ground.dead),
                      dead_below = frame.template shifted<Action::up>(ground.dead);
  ground.edge_sideways = ~(left & right) | (dead_left & dead_right);
  ground.edge_upright = ~(above & below) | (dead_above & dead_below);
}

#define BOXWARP_GROUND(words)                                                                \
  template Plane<words> plane_of(const std::vector<Row>&, const Area&, const Frame<words>&); \
  template void survey(const LevelRows&, const Area&, Ground<words>&)
BOXWARP_GROUND(1);
BOXWARP_GROUND(4);
BOXWARP_GROUND(8);
BOXWARP_GROUND(16);
BOXWARP_GROUND(64);
#undef BOXWARP_GROUND

}  // namespace boxwarp::search
