// The solver against a search through all boards, on levels of every kind, and what it says where it gives up.
#include "levels/solve/solve.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/sokoban/symmetry.hpp"
#include "levels/generate/generate.hpp"
#include "levels/level_set.hpp"
#include "tests/host/small_levels.hpp"
#include "tests/oracle/numbers.hpp"
#include "tests/oracle/solve.hpp"

namespace boxwarp {
namespace {

using Text = std::vector<std::string>;

constexpr int kUnsolvable = -1;

int pushes_in(const std::string& moves) {
  return static_cast<int>(std::count_if(moves.begin(), moves.end(), [](char c) { return c < 'a'; }));
}

// A room with a rim of wall and as many boxes and targets as asked for, if there is room for them.
Text random_level(int height, int width, double walls, int boxes, int targets, oracle::Numbers& numbers) {
  Text rows(static_cast<std::size_t>(height), std::string(static_cast<std::size_t>(width), '#'));
  std::vector<char*> floor;
  for (int row = 1; row < height - 1; ++row) {
    for (int column = 1; column < width - 1; ++column) {
      if (numbers.uniform() < walls) continue;
      floor.push_back(&rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)]);
      *floor.back() = ' ';
    }
  }
  const auto drawn = [&]() -> char* {
    const int at = numbers.below(static_cast<int>(floor.size()));
    return floor[static_cast<std::size_t>(at)];
  };
  if (floor.size() < 4) return random_level(height, width, walls / 2, boxes, targets, numbers);
  for (int i = 0; i < targets; ++i) {
    char* const cell = drawn();
    if (*cell == ' ') *cell = '.';
  }
  for (int i = 0; i < boxes; ++i) {
    char* const cell = drawn();
    *cell = *cell == '.' || *cell == '*' ? '*' : '$';
  }
  char* const player = drawn();
  *player = *player == '.' || *player == '*' ? '+' : '@';
  return rows;
}

// Most have one to three boxes in a few cells; one in sixteen has more, for which another way of bounding is taken.
Text random_level(oracle::Numbers& numbers) {
  if (numbers.one_in(16)) {
    const int boxes = 4 + numbers.below(2);
    return random_level(5, 7, 0.1 + 0.2 * numbers.uniform(), boxes, 5 + numbers.below(3), numbers);
  }
  const int boxes = 1 + numbers.below(3), height = 5 + numbers.below(boxes == 3 ? 2 : 3), width = boxes == 3 ? 6 : 8;
  return random_level(height, width, 0.3 * numbers.uniform(), boxes, boxes + numbers.below(2), numbers);
}

// What the solver says, as the oracle says it.
int said(const SolveResult& result, Optimal optimal) {
  EXPECT_NE(result.outcome, SolveOutcome::budget_exceeded);
  if (result.outcome != SolveOutcome::solved) return kUnsolvable;
  EXPECT_EQ(result.pushes, pushes_in(result.moves));
  return optimal == Optimal::pushes ? result.pushes : static_cast<int>(result.moves.size());
}

struct Agreement {
  int solved = 0, unsolvable = 0;
};

Agreement compared(int levels, std::uint64_t seed, Optimal optimal) {
  oracle::Numbers numbers(seed);
  Solver solver;
  Agreement count;
  for (int i = 0; i < levels; ++i) {
    const Text text = random_level(numbers);
    const LevelRows level = test::level_from(text);
    const SolveResult result = solver.solve(level, optimal);
    const int expected = oracle::fewest(text, optimal == Optimal::pushes);
    EXPECT_EQ(said(result, optimal), expected) << text_entry(level, i);
    EXPECT_TRUE(result.outcome != SolveOutcome::solved || solves(level, result.moves)) << text_entry(level, i);
    ++(expected == kUnsolvable ? count.unsolvable : count.solved);
  }
  return count;
}

TEST(Solve, FewestPushesAreThoseOfASearchThroughAllBoards) {
  const Agreement count = compared(10'000, 1, Optimal::pushes);
  EXPECT_GT(count.solved, 2'000);
  EXPECT_GT(count.unsolvable, 2'000);
}

TEST(Solve, FewestMovesAreThoseOfASearchThroughAllBoards) {
  const Agreement count = compared(2'000, 2, Optimal::moves);
  EXPECT_GT(count.solved, 400);
  EXPECT_GT(count.unsolvable, 400);
}

TEST(Solve, BoardsWithoutARimOfWallAreTaken) {
  oracle::Numbers numbers(3);
  Solver solver;
  for (int i = 0; i < 300; ++i) {
    Text text = random_level(6, 7, 0.2, 2, 2, numbers);
    Text bare;
    for (std::size_t row = 1; row + 1 < text.size(); ++row) bare.push_back(text[row].substr(1, text[row].size() - 2));
    EXPECT_EQ(said(solver.solve(test::level_from(bare)), Optimal::pushes), oracle::fewest(bare, true))
        << text_entry(test::level_from(bare), i);
  }
}

// The level somewhere in a board of solid wall, joined to a long corridor, so that it takes planes of several words.
Text in_a_large_board(const Text& text, int size, int corridor) {
  const auto wide = static_cast<std::size_t>(size);
  Text rows(wide, std::string(wide, '#'));
  for (std::size_t row = 0; row < text.size(); ++row) rows[row + 1].replace(1, text[row].size(), text[row]);
  for (std::size_t row = 0; row < text.size(); ++row) {
    const std::size_t player = text[row].find_first_of("@+");
    if (player == std::string::npos) continue;
    // From the player's cell to the right, through whatever wall there is, then down.
    std::string& line = rows[row + 1];
    for (std::size_t column = player + 2; column < static_cast<std::size_t>(corridor); ++column) {
      if (line[column] == '#') line[column] = ' ';
    }
    for (std::size_t down = row + 1; down < static_cast<std::size_t>(corridor); ++down) {
      rows[down][static_cast<std::size_t>(corridor) - 1] = ' ';
    }
    break;
  }
  return rows;
}

TEST(Solve, LargeBoardsAreSolvedAlike) {
  oracle::Numbers numbers(4);
  Solver solver;
  for (const int corridor : {13, 16, 20, 30, 63}) {
    for (int i = 0; i < 30; ++i) {
      const Text text = in_a_large_board(random_level(5, 6, 0.3, 1, 1 + numbers.below(2), numbers), 64, corridor);
      EXPECT_EQ(said(solver.solve(test::level_from(text)), Optimal::pushes), oracle::fewest(text, true))
          << text_entry(test::level_from(text), i);
    }
  }
}

TEST(Solve, ALevelTurnedAndReflectedIsAsLong) {
  Solver solver;
  const LevelSet set = load_levels({"generated:size=10x10,boxes=4,count=30,seed=3"});
  for (std::int64_t id = 0; id < set.size(); ++id) {
    const LevelRows level = set.level(id);
    const Text text = to_text(level);
    const int pushes = said(solver.solve(level), Optimal::pushes);
    for (int symmetry = 1; symmetry < kSymmetries; ++symmetry) {
      Text turned = text;
      for (int row = 0; row < 10; ++row) {
        for (int column = 0; column < 10; ++column) {
          const Position to = mapped({row, column}, symmetry, 10, 10);
          turned[static_cast<std::size_t>(to.row)][static_cast<std::size_t>(to.column)] =
              text[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
        }
      }
      EXPECT_EQ(said(solver.solve(test::level_from(turned)), Optimal::pushes), pushes) << text_entry(level, id);
    }
  }
}

TEST(Solve, ManyBoxesOnALargeBoardAreSolved) {
  Solver solver;
  const LevelSet set = load_levels({"generated:size=14x14,boxes=8,count=5,seed=1,moves=20-40"});
  for (std::int64_t id = 0; id < set.size(); ++id) {
    const SolveResult result = solver.solve(set.level(id));
    EXPECT_EQ(result.outcome, SolveOutcome::solved) << text_entry(set.level(id), id);
    EXPECT_TRUE(solves(set.level(id), result.moves));
  }
}

TEST(Solve, ASolvedLevelTakesNoMove) {
  const SolveResult result = Solver().solve(test::level_from({"#####", "#@* #", "#####"}));
  EXPECT_EQ(result.outcome, SolveOutcome::solved);
  EXPECT_EQ(result.moves, "");
}

TEST(Solve, ABoxThatThePlayerNeverComesToMustBeOnATarget) {
  EXPECT_EQ(Solver().solve(test::level_from({"#######", "#@$.#*#", "#######"})).moves, "R");
  EXPECT_EQ(Solver().solve(test::level_from({"#######", "#@$.#$#", "#######"})).outcome, SolveOutcome::unsolvable);
}

TEST(Solve, ABudgetThatIsUsedUpIsNotAProof) {
  const LevelRows level = load_levels({"generated:size=10x10,boxes=4,count=1,seed=5"}).level(0);
  Solver solver;
  const SolveResult whole = solver.solve(level);
  ASSERT_EQ(whole.outcome, SolveOutcome::solved);
  ASSERT_GT(whole.nodes, 1);
  const SolveResult cut = solver.solve(level, Optimal::pushes, {.nodes = whole.nodes - 1});
  EXPECT_EQ(cut.outcome, SolveOutcome::budget_exceeded);
  EXPECT_EQ(cut.nodes, whole.nodes - 1);
  EXPECT_EQ(cut.moves, "");
  EXPECT_EQ(solver.solve(level, Optimal::pushes, {.nodes = whole.nodes}).moves, whole.moves);
  EXPECT_EQ(solver.solve(level, Optimal::pushes, {.bytes = 10'000}).outcome, SolveOutcome::budget_exceeded);
}

TEST(Solve, APlayIsHeldToTheRules) {
  const LevelRows level = test::level_from({"######", "#@$ .#", "######"});
  EXPECT_TRUE(solves(level, "RR"));
  EXPECT_TRUE(solves(level, "RlrR"));
  EXPECT_FALSE(solves(level, "R")) << "not solved";
  EXPECT_FALSE(solves(level, "rR")) << "a push is a capital";
  EXPECT_FALSE(solves(level, "RLR")) << "a walk is none";
  EXPECT_FALSE(solves(level, "uRR")) << "into a wall";
  EXPECT_FALSE(solves(level, "R R")) << "no move";
}

}  // namespace
}  // namespace boxwarp
