#include "tools/measure.hpp"

#include <vector>

#include "tools/solvers.hpp"

namespace boxwarp {

namespace {

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
  SetFigures figures;
  std::vector<Measured> batch(kSolverBatch);
  const auto measure = [&](std::int64_t id, Solver& solver) {
    const LevelRows level = set.level(id);
    Measured& one = batch[static_cast<std::size_t>(id % kSolverBatch)];
    one.figures = figures_of(level);
    if (nodes > 0) one.result = solver.solve(level, Optimal::pushes, {.nodes = nodes});
  };
  const auto add = [&](std::int64_t first, std::int64_t end) {
    for (std::int64_t id = first; id < end; ++id) {
      figures.add(batch[static_cast<std::size_t>(id - first)].figures);
      if (nodes > 0) figures.add(batch[static_cast<std::size_t>(id - first)].result);
    }
  };
  with_solvers(pool, {.count = set.size(), .unit = "levels", .quiet = quiet}, measure, add);
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
