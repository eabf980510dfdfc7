#include "levels/solve/solve.hpp"

#include <algorithm>
#include <stdexcept>

#include "kernels/sokoban/rules.hpp"
#include "levels/solve/replay.hpp"
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

bool solves(const LevelRows& rows, std::string_view moves) {
  const LargeLevel level{rows.walls.data(), rows.targets.data(), rows.height};
  std::vector<Row> boxes = rows.boxes;
  Position player = rows.player;
  for (const char letter : moves) {
    const bool pushes = letter >= 'A' && letter <= 'Z';
    const char* const found =
        std::find(search::kLetter, search::kLetter + kActions, static_cast<char>(pushes ? letter - 'A' + 'a' : letter));
    if (found == search::kLetter + kActions) return false;
    const LargeMove move = moved(level, boxes.data(), player, static_cast<Action>(found - search::kLetter));
    if (move.player == player || move.pushes != pushes) return false;
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
