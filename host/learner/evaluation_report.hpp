// What an evaluation tells people and programs beside the shares that it measured: cycles, deaths, the whole as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "host/learner/evaluation.hpp"
#include "levels/level_set.hpp"

namespace boxwarp {

// How much of the play of an agent goes in circles.
struct CycleFigures {
  double episodes, per_episode, length, steps;  // shares, means; length 0 where there is none
};
CycleFigures cycle_figures(const EvaluationResult& result);

// Episodes whose board came to be dead (levels/labels.hpp): their share, and after how many steps.
struct Deaths {
  double episodes = 0, mean_step = 0;
  int median_step = 0;
  std::vector<int> of_levels;  // as death_of tells it
};
Deaths deaths_of(const EvaluationResult& result, const LevelSet& levels, SolvedRule rule = SolvedRule::boxes_matched);

// {"levels": n, "thinking": [one object for each result]}; deaths: of each result.
nlohmann::ordered_json report_json(const std::vector<EvaluationResult>& results, const std::vector<Deaths>& deaths,
                                   bool with_cycles);

}  // namespace boxwarp
