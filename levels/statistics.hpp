// Figures that describe a set of levels.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "levels/level_set.hpp"

namespace boxwarp {

struct SetStatistics {
  std::int64_t levels = 0;
  std::map<std::pair<int, int>, std::int64_t> sizes;  // (height, width) to levels
  std::map<int, std::int64_t> boxes;                  // boxes of a level to levels
  double floor_mean = 0, floor_sd = 0;                // cells that are no wall; sd over the set, not a sample's
  std::int64_t duplicates = 0;                        // levels whose board came before
  std::int64_t layouts = 0;                           // rooms that differ by more than a rotation, reflection or shift
};

SetStatistics statistics_of(const LevelSet& set);

}  // namespace boxwarp
