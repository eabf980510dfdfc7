// The figures of sets of levels, worked out by several threads, and as text and JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "levels/level_set.hpp"
#include "levels/set_figures.hpp"

namespace boxwarp {

// nodes: boards that the solver may look at for a level; 0: levels are not solved. The same whatever the threads.
SetFigures measured(const LevelSet& set, std::int64_t nodes, int threads, bool quiet);

nlohmann::ordered_json as_json(const SetFigures& figures);

}  // namespace boxwarp
