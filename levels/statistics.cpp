#include "levels/statistics.hpp"

#include <bit>
#include <cmath>
#include <set>
#include <vector>

#include "levels/layout.hpp"

namespace boxwarp {

SetStatistics statistics_of(const LevelSet& set) {
  SetStatistics statistics;
  statistics.levels = set.size();
  std::set<std::vector<Row>> layouts, boards;
  double sum = 0, sum_of_squares = 0;
  for (std::int64_t id = 0; id < set.size(); ++id) {
    const LevelRows level = set.level(id);
    ++statistics.sizes[{level.height, level.width}];
    ++statistics.boxes[level.box_count()];
    double floor = 0;
    for (const Row walls : level.walls) floor += std::popcount(~walls);
    sum += floor;
    sum_of_squares += floor * floor;
    layouts.insert(layout_of(level));
    std::vector<Row> board{static_cast<Row>(level.height), static_cast<Row>(level.width), static_cast<Row>(level.player.row),
                           static_cast<Row>(level.player.column)};
    for (const auto* plane : {&level.walls, &level.targets, &level.boxes}) {
      board.insert(board.end(), plane->begin(), plane->end());
    }
    statistics.duplicates += !boards.insert(std::move(board)).second;
  }
  const auto count = static_cast<double>(set.size());
  if (set.size() > 0) {
    statistics.floor_mean = sum / count;
    statistics.floor_sd = std::sqrt(std::max(0.0, sum_of_squares / count - statistics.floor_mean * statistics.floor_mean));
  }
  statistics.layouts = static_cast<std::int64_t>(layouts.size());
  return statistics;
}

}  // namespace boxwarp
