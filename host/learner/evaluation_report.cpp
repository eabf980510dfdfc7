#include "host/learner/evaluation_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "levels/labels.hpp"

namespace boxwarp {

namespace {

using Json = nlohmann::ordered_json;

}  // namespace

CycleFigures cycle_figures(const EvaluationResult& result) {
  std::int64_t episodes = 0, cycles = 0, inside = 0, steps = 0;
  for (const LevelResult& level : result.of_levels) {
    episodes += !level.cycles.empty();
    cycles += static_cast<std::int64_t>(level.cycles.size());
    steps += level.length;
    for (const Cycle& cycle : level.cycles) inside += cycle.length;
  }
  const auto n = static_cast<double>(result.levels);
  return {.episodes = static_cast<double>(episodes) / n,
          .per_episode = static_cast<double>(cycles) / n,
          .length = cycles > 0 ? static_cast<double>(inside) / static_cast<double>(cycles) : 0,
          .steps = static_cast<double>(inside) / static_cast<double>(steps)};
}

Deaths deaths_of(const EvaluationResult& result, const LevelSet& levels, SolvedRule rule) {
  Deaths deaths;
  std::vector<int> steps;
  for (std::size_t i = 0; i < result.of_levels.size(); ++i) {
    const int death = death_of(levels.level(static_cast<std::int64_t>(i)), result.of_levels[i].actions, rule);
    deaths.of_levels.push_back(death);
    if (death >= 0) steps.push_back(death);
  }
  if (steps.empty()) return deaths;
  const auto count = static_cast<double>(steps.size());
  deaths.episodes = count / static_cast<double>(result.levels);
  for (const int step : steps) deaths.mean_step += step / count;
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>((steps.size() - 1) / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  deaths.median_step = *middle;
  return deaths;
}

nlohmann::ordered_json report_json(const std::vector<EvaluationResult>& results, const std::vector<Deaths>& deaths,
                                   bool with_cycles) {
  Json thinking = Json::array();
  for (std::size_t i = 0; i < results.size(); ++i) {
    const EvaluationResult& result = results[i];
    thinking.push_back(
        {{"steps", result.thinking},
         {"solved", result.solved},
         {"standard_error", result.standard_error},
         {"mean_return", result.mean_return},
         {"mean_length", result.mean_length},
         {"deadlock",
          {{"episodes", deaths[i].episodes}, {"mean_step", deaths[i].mean_step}, {"median_step", deaths[i].median_step}}}});
    if (!with_cycles) continue;
    const CycleFigures cycles = cycle_figures(result);
    thinking.back()["cycles"] = {{"episodes", cycles.episodes},
                                 {"mean_number", cycles.per_episode},
                                 {"mean_length", cycles.length},
                                 {"steps", cycles.steps}};
  }
  return Json{{"levels", results.front().levels}, {"thinking", thinking}};
}

}  // namespace boxwarp
