#include "kernels/sokoban/rules.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/kernels/board_text.hpp"
#include "tests/oracle/random_boards.hpp"
#include "tests/oracle/sokoban.hpp"

namespace boxwarp {
namespace {

using Text = std::vector<std::string>;

// Plays random actions and compares what every one tells, the three cells in line after each, and now and then the board.
template <class Game>
void expect_same_play(const Text& rows, int steps, int compare_every, oracle::Numbers& numbers) {
  Game game(rows);
  oracle::Sokoban slow(rows);
  int unmatched = slow.unmatched();
  for (int i = 1; i <= steps; ++i) {
    const int action = numbers.below(4), unmatched_before = unmatched;
    const oracle::Cell one = oracle::next_to(slow.player(), action), two = oracle::next_to(one, action);
    const oracle::Cell line[] = {slow.player(), one, two};
    slow.step(action);
    const int change = game.step(static_cast<Action>(action));
    unmatched = slow.unmatched();
    ASSERT_EQ(change, unmatched_before - unmatched);
    ASSERT_EQ(game.is_solved(), unmatched == 0);
    for (const oracle::Cell cell : line) {
      if (cell.row < 0 || cell.row >= slow.height() || cell.column < 0 || cell.column >= slow.width()) continue;
      ASSERT_EQ(game.at(static_cast<std::size_t>(cell.row), static_cast<std::size_t>(cell.column)), slow.at(cell));
    }
    if (i % compare_every == 0 || i == steps) {
      ASSERT_EQ(text_of(game), slow.rows()) << "after " << i << " steps";
    }
  }
}

TEST(SmallTier, PlaysAsTheOracleOverMillionsOfStepsAndEverySizeOfInterior) {
  oracle::Numbers numbers(1);
  for (int height = 1; height <= 8; ++height)
    for (int width = 1; width <= 8; ++width)
      for (int board = 0; board < 80; ++board)
        ASSERT_NO_FATAL_FAILURE(expect_same_play<SmallGame>(oracle::random_board(height, width, numbers), 400, 16, numbers));
}

TEST(LargeTier, PlaysAsTheOracleFromThreeByThreeToSixtyFourBySixtyFour) {
  oracle::Numbers numbers(2);
  for (int height = 3; height <= 64; ++height) {
    const int widths[] = {3, height, 3 + numbers.below(62), 64};
    for (const int width : widths)
      for (int board = 0; board < 4; ++board)
        ASSERT_NO_FATAL_FAILURE(
            expect_same_play<LargeGame>(oracle::random_board(height, width, numbers), 1500, 250, numbers));
  }
}

TEST(LargeTier, PlaysSmallBoardsAsTheOracle) {
  oracle::Numbers numbers(3);
  for (int height = 1; height <= 10; ++height)
    for (int width = 1; width <= 10; ++width)
      for (int board = 0; board < 20; ++board)
        ASSERT_NO_FATAL_FAILURE(expect_same_play<LargeGame>(oracle::random_board(height, width, numbers), 400, 16, numbers));
}

// What one action makes of a board, on both tiers.
void expect_after(const Text& before, Action action, const Text& after, int change) {
  SmallGame small(before);
  LargeGame large(before);
  EXPECT_EQ(small.step(action), change);
  EXPECT_EQ(large.step(action), change);
  EXPECT_EQ(text_of(small), after);
  EXPECT_EQ(text_of(large), after);
}

TEST(Step, ThePlayerWalksOnFloorAndTargets) {
  expect_after({" @ "}, Action::left, {"@  "}, 0);
  expect_after({" @."}, Action::right, {"  +"}, 0);
  expect_after({" ", "+"}, Action::up, {"@", "."}, 0);
  expect_after({"+", "."}, Action::down, {".", "+"}, 0);
}

TEST(Step, WallAndEdgeStopThePlayer) {
  expect_after({"#@#"}, Action::left, {"#@#"}, 0);
  for (const Action action : {Action::up, Action::down, Action::left, Action::right}) expect_after({"@"}, action, {"@"}, 0);
  expect_after({"       @", "        "}, Action::right, {"       @", "        "}, 0);  // a row does not run on
  expect_after({"        ", "@       "}, Action::left, {"        ", "@       "}, 0);
}

TEST(Step, ABoxMovesOntoFloorAndTargets) {
  expect_after({"@$ "}, Action::right, {" @$"}, 0);
  expect_after({"@$."}, Action::right, {" @*"}, 1);
  expect_after({"@* "}, Action::right, {" +$"}, -1);
  expect_after({"@*."}, Action::right, {" +*"}, 0);
  expect_after({".", "$", "@"}, Action::up, {"*", "@", " "}, 1);
}

TEST(Step, BoxAgainstWallOrEdgeOrBoxStaysAndSoDoesThePlayer) {
  expect_after({"@$#"}, Action::right, {"@$#"}, 0);
  expect_after({"@$"}, Action::right, {"@$"}, 0);
  expect_after({"@$$ "}, Action::right, {"@$$ "}, 0);
  expect_after({"@$*."}, Action::right, {"@$*."}, 0);
  expect_after({"@", "*", "#"}, Action::down, {"@", "*", "#"}, 0);
}

TEST(Step, NothingIsPulled) { expect_after({"$@ "}, Action::right, {"$ @"}, 0); }

TEST(Solved, AsksForBoxesOffTargetsNotForEmptyTargets) {
  EXPECT_TRUE(SmallGame({"@*..."}).is_solved());
  EXPECT_TRUE(LargeGame({"@*..."}).is_solved());
  EXPECT_FALSE(SmallGame({"@*$.."}).is_solved());
  EXPECT_FALSE(LargeGame({"@*$.."}).is_solved());
}

TEST(LargeTier, LeavesRowsAndColumnsAwayFromTheMoveAlone) {
  oracle::Numbers numbers(4);
  const Text rows = oracle::random_board(64, 64, numbers);
  LargeGame game(rows);
  for (int i = 0; i < 20000; ++i) {
    const std::vector<Row> before = game.boxes;
    const Position from = game.player;
    game.step(static_cast<Action>(numbers.below(4)));
    for (std::size_t row = 0; row < 64; ++row) {
      if (std::abs(static_cast<int>(row) - from.row) > 2) {
        ASSERT_EQ(game.boxes[row], before[row]);
      }
    }
  }
}

}  // namespace
}  // namespace boxwarp
