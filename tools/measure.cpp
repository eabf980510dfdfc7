#include "tools/measure.hpp"

#include <algorithm>

#include "host/cpu/thread_pool.hpp"
#include "tools/progress.hpp"

namespace boxwarp {

namespace {

constexpr std::int64_t kBatch = 4096, kTask = 16;  // levels measured before they are added up; levels a thread takes

struct Measured {
  LevelFigures figures;
  SolveResult result;
};

nlohmann::ordered_json as_json(const Histogram& histogram) {
  nlohmann::ordered_json counts = nlohmann::ordered_json::object();
  for (const auto& [value, levels] : histogram) counts[std::to_string(value)] = levels;
  return counts;
}

}  // namespace

SetFigures measured(const LevelSet& set, std::int64_t nodes, int threads, bool quiet) {
  ThreadPool pool(threads);
  std::vector<Solver> solvers(static_cast<std::size_t>(pool.threads()));
  Progress progress(set.size(), "levels", quiet);
  SetFigures figures;
  std::vector<Measured> batch(kBatch);
  for (std::int64_t first = 0; first < set.size(); first += kBatch) {
    const std::int64_t count = std::min(kBatch, set.size() - first);
    pool.run((count + kTask - 1) / kTask, [&](std::int64_t task, int worker) {
      for (std::int64_t i = task * kTask; i < std::min(count, (task + 1) * kTask); ++i) {
        const LevelRows level = set.level(first + i);
        Measured& one = batch[static_cast<std::size_t>(i)];
        one.figures = figures_of(level);
        if (nodes > 0) {
          one.result = solvers[static_cast<std::size_t>(worker)].solve(level, Optimal::pushes, {.nodes = nodes});
        }
      }
    });
    // Added in order, so that sums do not depend on the threads.
    for (std::int64_t i = 0; i < count; ++i) {
      figures.add(batch[static_cast<std::size_t>(i)].figures);
      if (nodes > 0) figures.add(batch[static_cast<std::size_t>(i)].result);
    }
    progress.update(first + count);
  }
  progress.finish();
  return figures;
}

nlohmann::ordered_json as_json(const SetFigures& figures) {
  nlohmann::ordered_json shape;
  for (const NamedFigure& figure : figures.named()) {
    shape[figure.key]["mean"] = figure.mean;
    if (figure.sd) shape[figure.key]["standard_deviation"] = *figure.sd;
  }
  const Spread pushes = spread_of(figures.pushes());
  return {{"shape", shape},
          {"pushes",
           {{"solved", figures.outcomes(SolveOutcome::solved)},
            {"unsolvable", figures.outcomes(SolveOutcome::unsolvable)},
            {"budget_exceeded", figures.outcomes(SolveOutcome::budget_exceeded)},
            {"mean", pushes.mean},
            {"standard_deviation", pushes.sd},
            {"median", pushes.median},
            {"max", pushes.max},
            {"histogram", as_json(figures.pushes())}}}};
}

}  // namespace boxwarp
