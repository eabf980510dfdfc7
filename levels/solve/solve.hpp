// Solutions that no other solution beats: A* over (boxes, where the player can get to).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "levels/level.hpp"
#include "levels/option_words.hpp"

namespace boxwarp {

enum class Optimal : std::uint8_t { pushes, moves };

constexpr auto words(Optimal) {
  return std::to_array<Word<Optimal>>({{"pushes", Optimal::pushes}, {"moves", Optimal::moves}});
}

enum class SolveOutcome : std::uint8_t { solved, unsolvable, budget_exceeded };  // unsolvable: proved to be

std::string_view name(SolveOutcome outcome);  // "solved", "unsolvable", "budget_exceeded"

struct SolveBudget {
  std::int64_t nodes = 10'000'000;             // boards whose pushes are looked at
  std::int64_t bytes = std::int64_t{1} << 30;  // that boards and tables may take
};

struct SolveResult {
  SolveOutcome outcome = SolveOutcome::unsolvable;
  std::string moves;       // if solved: udlr, capitals push; it was played by the rules and solves the level
  int pushes = 0;          // capitals in it
  std::int64_t nodes = 0;  // boards whose pushes were looked at
};

// Keeps its memory from level to level. One for each thread.
class Solver {
 public:
  Solver();
  ~Solver();
  Solver(Solver&&) noexcept;
  Solver& operator=(Solver&&) noexcept;

  // A solution with the fewest pushes, or with the fewest moves.
  SolveResult solve(const LevelRows& level, Optimal optimal = Optimal::pushes, const SolveBudget& budget = {});

 private:
  struct Searches;
  std::unique_ptr<Searches> searches_;
};

// Does this play ("udlr", capitals for pushes) solve the level? Every letter must be a move that the rules allow, pushing
// exactly where it is a capital.
bool solves(const LevelRows& level, std::string_view moves);

}  // namespace boxwarp
