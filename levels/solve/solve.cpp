#include "levels/solve/solve.hpp"

#include <stdexcept>

#include "kernels/sokoban/rules.hpp"
#include "levels/game.hpp"
#include "levels/solve/search.hpp"

namespace boxwarp {

// One search for each size of plane; each takes memory only once it is used.
struct Solver::Searches {
  search::Search<1> small;
  search::Search<4> four;
  search::Search<8> eight;
  search::Search<16> sixteen;
  search::Search<64> largest;
};

Solver::Solver() : searches_(std::make_unique<Searches>()) {}
Solver::~Solver() = default;
Solver::Solver(Solver&&) noexcept = default;
Solver& Solver::operator=(Solver&&) noexcept = default;

std::string_view name(SolveOutcome outcome) {
  switch (outcome) {
    case SolveOutcome::solved: return "solved";
    case SolveOutcome::unsolvable: return "unsolvable";
    case SolveOutcome::budget_exceeded: return "budget_exceeded";
  }
  return "";
}

// Not a Game, which copies the level and writes its moves down: every solution is checked here, and that would take a
// twentieth of the time of an easy level.
bool solves(const LevelRows& rows, std::string_view moves) {
  const LargeLevel level = rows.fixed();
  std::vector<Row> boxes = rows.boxes;
  Position player = rows.player;
  for (const char letter : moves) {
    const Action action = lurd_action(letter);
    const LargeMove move = moved(level, boxes.data(), player, action);
    if (move.player == player || letter != lurd_letter(action, move.pushes)) return false;
    apply(move, boxes.data());
    player = move.player;
  }
  return solved(level, boxes.data());
}

SolveResult Solver::solve(const LevelRows& level, Optimal optimal, const SolveBudget& budget) {
  const search::Area area = search::area_of(level);
  if (area.lost_box) return {};
  const int words = search::words_for(area);
  SolveResult result = words == 1    ? searches_->small.run(level, area, optimal, budget)
                       : words <= 4  ? searches_->four.run(level, area, optimal, budget)
                       : words <= 8  ? searches_->eight.run(level, area, optimal, budget)
                       : words <= 16 ? searches_->sixteen.run(level, area, optimal, budget)
                                     : searches_->largest.run(level, area, optimal, budget);
  if (result.outcome == SolveOutcome::solved && !solves(level, result.moves)) {
    throw std::logic_error("a solution that the rules do not allow: " + result.moves);
  }
  return result;
}

}  // namespace boxwarp
