// Labels of levels and of plays as NumPy archives. README lists the arrays.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "levels/level_set.hpp"
#include "levels/solve/solve.hpp"
#include "tools/npz.hpp"

namespace boxwarp {

// One play of a level of the set.
struct LabelledPlay {
  std::int64_t level = 0;  // from 0
  int thinking = 0;        // forward passes on the first board before the first action
  std::vector<std::uint8_t> actions;
};

// The set with every label completed; `threads` levels at a time (0: as many as there are cores), memory shared among them.
void complete_labels(LevelSet& set, const SolveBudget& budget, int threads, bool quiet);

// What a set's labels say, level by level.
std::string label_archive(const LevelSet& set);

// What the solver says of plays, step by step.
std::string play_archive(const LevelSet& set, const std::vector<LabelledPlay>& plays, const SolveBudget& budget, int threads,
                         bool quiet);

}  // namespace boxwarp
