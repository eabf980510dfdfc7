#include "tools/labels_file.hpp"

#include <utility>

#include "levels/labels.hpp"
#include "tools/solvers.hpp"

namespace boxwarp {

namespace {

void add_places(Npz& npz, const LevelSet& set, const std::vector<std::int64_t>& levels) {
  std::vector<std::int32_t> file;
  std::vector<std::int64_t> ordinal;
  for (const std::int64_t level : levels) {
    const LevelOrigin origin = set.origin(level);
    file.push_back(origin.file);
    ordinal.push_back(origin.ordinal);
  }
  npz.add("files", set.files());
  npz.add("file", file);
  npz.add("ordinal", ordinal);
}

}  // namespace

void complete_labels(LevelSet& set, const SolveBudget& budget, int threads, bool quiet) {
  std::vector<LevelLabel> labels(static_cast<std::size_t>(set.size()));
  for (const auto& [id, label] : set.labels()) labels[static_cast<std::size_t>(id)] = label;
  ThreadPool pool(threads);
  const SolveBudget own = shared_out(budget, pool);
  with_solvers(pool, {.count = set.size(), .unit = "levels", .quiet = quiet}, [&](std::int64_t id, Solver& solver) {
    LevelLabel& label = labels[static_cast<std::size_t>(id)];
    label = completed(std::move(label), set.level(id), solver, own);
  });
  for (std::int64_t id = 0; id < set.size(); ++id) set.set_label(id, std::move(labels[static_cast<std::size_t>(id)]));
}

std::string label_archive(const LevelSet& set) {
  std::vector<std::int32_t> pushes, moves;
  std::vector<std::int64_t> levels, start{0};
  std::vector<std::uint8_t> solution;
  for (const auto& [id, label] : set.labels()) {
    levels.push_back(id);
    pushes.push_back(label.pushes);
    moves.push_back(label.moves);
    solution.insert(solution.end(), label.solution.begin(), label.solution.end());
    start.push_back(static_cast<std::int64_t>(solution.size()));
  }
  Npz npz;
  add_places(npz, set, levels);
  npz.add("pushes", pushes);
  npz.add("moves", moves);
  npz.add("solution_start", start);
  npz.add("solution", solution);
  return npz.file();
}

std::string play_archive(const LevelSet& set, const std::vector<LabelledPlay>& plays, const SolveBudget& budget, int threads,
                         bool quiet) {
  std::vector<PlayLabels> labels(plays.size());
  const auto count = static_cast<std::int64_t>(plays.size());
  ThreadPool pool(threads);
  const SolveBudget own = shared_out(budget, pool);
  with_solvers(pool, {.count = count, .unit = "episodes", .quiet = quiet}, [&](std::int64_t i, Solver& solver) {
    const LabelledPlay& play = plays[static_cast<std::size_t>(i)];
    labels[static_cast<std::size_t>(i)] = labels_of(set.level(play.level), play.actions, solver, own);
  });
  std::vector<std::int64_t> levels, start{0};
  std::vector<std::int32_t> thinking, pushes, remaining, death;
  std::vector<std::uint8_t> actions;
  std::vector<std::int8_t> kept;
  for (std::size_t i = 0; i < plays.size(); ++i) {
    levels.push_back(plays[i].level);
    thinking.push_back(plays[i].thinking);
    pushes.push_back(labels[i].remaining.front());
    death.push_back(death_of(set.level(plays[i].level), plays[i].actions));
    actions.insert(actions.end(), plays[i].actions.begin(), plays[i].actions.end());
    remaining.insert(remaining.end(), labels[i].remaining.begin() + 1, labels[i].remaining.end());
    kept.insert(kept.end(), labels[i].kept.begin(), labels[i].kept.end());
    start.push_back(static_cast<std::int64_t>(actions.size()));
  }
  Npz npz;
  add_places(npz, set, levels);
  npz.add("level", levels);
  npz.add("thinking", thinking);
  npz.add("pushes", pushes);
  npz.add("death", death);
  npz.add("step_start", start);
  npz.add("action", actions);
  npz.add("remaining", remaining);
  npz.add("kept", kept);
  return npz.file();
}

}  // namespace boxwarp
