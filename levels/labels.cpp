#include "levels/labels.hpp"

#include "kernels/sokoban/deadlock.hpp"
#include "kernels/sokoban/rules.hpp"
#include "levels/game.hpp"
#include "levels/solve/solve.hpp"

namespace boxwarp {

namespace {

// Plays the action; was a box pushed?
bool pushed_by(Game& game, std::uint8_t action) {
  const int before = game.pushes();
  game.move(static_cast<Action>(action));
  return game.pushes() > before;
}

std::int32_t fewest_pushes(const LevelRows& level, Solver& solver, const SolveBudget& budget) {
  const SolveResult result = solver.solve(level, Optimal::pushes, budget);
  if (result.outcome == SolveOutcome::solved) return result.pushes;
  return result.outcome == SolveOutcome::unsolvable ? kNoSolution : kNotKnown;
}

}  // namespace

LevelLabel completed(LevelLabel label, const LevelRows& level, Solver& solver, const SolveBudget& budget) {
  if (label.pushes == kNotKnown || (label.pushes > 0 && label.solution.empty())) {
    const SolveResult result = solver.solve(level, Optimal::pushes, budget);
    label.pushes = result.outcome == SolveOutcome::solved       ? result.pushes
                   : result.outcome == SolveOutcome::unsolvable ? kNoSolution
                                                                : kNotKnown;
    label.solution.clear();
    for (const char letter : result.moves) label.solution.push_back(static_cast<std::uint8_t>(lurd_action(letter)));
  }
  if (label.pushes == kNoSolution) label.moves = kNoSolution;
  if (label.moves == kNotKnown) {
    const SolveResult result = solver.solve(level, Optimal::moves, budget);
    if (result.outcome == SolveOutcome::solved) label.moves = static_cast<std::int32_t>(result.moves.size());
    if (result.outcome == SolveOutcome::unsolvable) label.moves = kNoSolution;
  }
  return label;
}

bool plays_to_solution(const LevelRows& level, std::span<const std::uint8_t> actions, std::int32_t pushes) {
  Game game(level);
  for (const std::uint8_t action : actions) {
    if (action >= kActions) return false;
    pushes -= pushed_by(game, action);
  }
  return pushes == 0 && game.solved();
}

PlayLabels labels_of(const LevelRows& level, std::span<const std::uint8_t> actions, Solver& solver,
                     const SolveBudget& budget) {
  PlayLabels labels;
  Game game(level);
  labels.remaining.push_back(fewest_pushes(level, solver, budget));
  for (const std::uint8_t action : actions) {
    const std::int32_t before = labels.remaining.back();
    const bool pushed = pushed_by(game, action);
    // Without a push the player stays in his region; what has no solution never gets one.
    const bool same = !pushed || before == kNoSolution || before == 0;
    const std::int32_t after = same ? before : fewest_pushes(game.level(), solver, budget);
    labels.remaining.push_back(after);
    const bool known = before != kNotKnown && after != kNotKnown;
    const bool kept = before >= 0 && after >= 0 && after + pushed == before;
    labels.kept.push_back(known ? static_cast<std::int8_t>(kept || (before == 0 && after == 0)) : std::int8_t{-1});
  }
  return labels;
}

int death_of(const LevelRows& level, std::span<const std::uint8_t> actions, SolvedRule rule) {
  if (rule == SolvedRule::targets_covered && level.box_count() > level.target_count()) return -1;
  Game game(level);
  std::vector<Row> live(level.boxes.size()), stuck(level.boxes.size());
  find_live_cells(game.level().fixed(), live.data());
  const auto dead = [&] { return is_dead(game.level().fixed(), game.level().boxes.data(), live.data(), stuck.data()); };
  if (dead()) return 0;
  int step = 0;
  for (const std::uint8_t action : actions) {
    ++step;
    if (pushed_by(game, action) && dead()) return step;
  }
  return -1;
}

}  // namespace boxwarp
