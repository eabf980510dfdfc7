#include "levels/labels.hpp"

#include "kernels/sokoban/bits.hpp"
#include "kernels/sokoban/deadlock.hpp"
#include "kernels/sokoban/rules.hpp"
#include "levels/game.hpp"
#include "levels/solve/solve.hpp"

namespace boxwarp {

namespace {

// A level as it is played step by step.
class Play {
 public:
  explicit Play(LevelRows level) : level_(std::move(level)) {}

  // Returns whether a box was pushed.
  bool step(std::uint8_t action) {
    const LargeMove move = moved(fixed(), level_.boxes.data(), level_.player, static_cast<Action>(action));
    apply(move, level_.boxes.data());
    level_.player = move.player;
    return move.pushes;
  }
  bool is_solved() const { return solved(fixed(), level_.boxes.data()); }
  LargeLevel fixed() const { return {level_.walls.data(), level_.targets.data(), level_.height}; }
  const LevelRows& level() const { return level_; }

 private:
  LevelRows level_;
};

int cells_in(const std::vector<Row>& plane) {
  int cells = 0;
  for (const Row row : plane) cells += bit_count(row);
  return cells;
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
  Play play(level);
  for (const std::uint8_t action : actions) {
    if (action >= kActions) return false;
    pushes -= play.step(action);
  }
  return pushes == 0 && play.is_solved();
}

PlayLabels labels_of(const LevelRows& level, std::span<const std::uint8_t> actions, Solver& solver,
                     const SolveBudget& budget) {
  PlayLabels labels;
  Play play(level);
  labels.remaining.push_back(fewest_pushes(level, solver, budget));
  for (const std::uint8_t action : actions) {
    const std::int32_t before = labels.remaining.back();
    const bool pushed = play.step(action);
    // Without a push the player stays in his region; what has no solution never gets one.
    const bool same = !pushed || before == kNoSolution || before == 0;
    const std::int32_t after = same ? before : fewest_pushes(play.level(), solver, budget);
    labels.remaining.push_back(after);
    const bool known = before != kNotKnown && after != kNotKnown;
    const bool kept = before >= 0 && after >= 0 && after + pushed == before;
    labels.kept.push_back(known ? static_cast<std::int8_t>(kept || (before == 0 && after == 0)) : std::int8_t{-1});
  }
  return labels;
}

int death_of(const LevelRows& level, std::span<const std::uint8_t> actions, SolvedRule rule) {
  if (rule == SolvedRule::targets_covered && cells_in(level.boxes) > cells_in(level.targets)) return -1;
  Play play(level);
  std::vector<Row> live(level.boxes.size()), stuck(level.boxes.size());
  find_live_cells(play.fixed(), live.data());
  const auto dead = [&] { return is_dead(play.fixed(), play.level().boxes.data(), live.data(), stuck.data()); };
  if (dead()) return 0;
  int step = 0;
  for (const std::uint8_t action : actions) {
    ++step;
    if (play.step(action) && dead()) return step;
  }
  return -1;
}

}  // namespace boxwarp
