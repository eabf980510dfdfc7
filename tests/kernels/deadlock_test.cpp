#include "kernels/sokoban/deadlock.hpp"

#include <gtest/gtest.h>

#include "kernels/env/deadlock.hpp"
#include "tests/kernels/board_text.hpp"
#include "tests/oracle/deadlock.hpp"
#include "tests/oracle/random_boards.hpp"

namespace boxwarp {
namespace {

using Text = std::vector<std::string>;

bool dead_small(const Text& rows) {
  const SmallGame game(rows);
  return is_dead(game.level, game.board, live_cells(game.level));
}

bool dead_large(const Text& rows) {
  const LargeGame game(rows);
  std::vector<Row> live(rows.size(), 0x5555), stuck(rows.size(), 0x3333);
  find_live_cells(game.level(), live.data());
  return is_dead(game.level(), game.boxes.data(), live.data(), stuck.data());
}

void expect_dead(const Text& rows, bool dead) {
  EXPECT_EQ(dead_small(rows), dead) << rows[0];
  EXPECT_EQ(dead_large(rows), dead) << rows[0];
}

TEST(Deadlock, ABoxInACornerIsDeadUnlessItStandsOnATarget) {
  expect_dead({"$ .", "   ", "  @"}, true);
  expect_dead({"* .", " $ ", " @ "}, false);
}

TEST(Deadlock, ABoxAlongAWallWithoutATargetIsDead) {
  expect_dead({" $   ", "  .  ", "@    "}, true);
  expect_dead({" $  .", "     ", "@    "}, false);
}

TEST(Deadlock, FourBoxesInASquareAreDeadAndThreeAreNot) {
  expect_dead({"     .", " $$  .", " $$  .", "@    ."}, true);
  expect_dead({"     .", " $$  .", " $   .", "@    ."}, false);
  expect_dead({"      ", " **   ", " **   ", "@     "}, false);
}

TEST(Deadlock, TwoBoxesAtAWallHoldEachOtherThoughOneStandsOnATarget) {
  expect_dead({" *$ .", "     ", "@    "}, true);
  expect_dead({" *  $", "    .", "@    "}, true);
  expect_dead({" ** .", "   $ ", "@    "}, false);
}

TEST(Deadlock, BothTiersSayWhatTheOracleSaysOfAnyBoard) {
  oracle::Numbers numbers(11);
  int dead = 0, all = 0;
  for (int height = 2; height <= 8; ++height)
    for (int width = 2; width <= 8; ++width)
      for (int board = 0; board < 60; ++board, ++all) {
        const Text rows = oracle::random_board(height, width, numbers);
        const bool expected = oracle::Deadlock(rows).dead();
        dead += expected;
        ASSERT_EQ(dead_small(rows), expected) << testing::PrintToString(rows);
        ASSERT_EQ(dead_large(rows), expected) << testing::PrintToString(rows);
      }
  EXPECT_GT(dead, all / 4);
  EXPECT_LT(dead, all - all / 10);
}

TEST(Deadlock, LargeBoardsAreAsTheOracleSays) {
  oracle::Numbers numbers(12);
  for (const auto& [height, width] : {std::pair{9, 64}, {64, 5}, {20, 20}, {31, 19}})
    for (int board = 0; board < 12; ++board) {
      const Text rows = oracle::random_board(height, width, numbers);
      ASSERT_EQ(dead_large(rows), oracle::Deadlock(rows).dead()) << testing::PrintToString(rows);
    }
}

// A caller's own flags may be clear while a board waits for its reset.
TEST(Deadlock, ADeadBoardEndsItsEpisodeOnce) {
  SmallGame game({"$ .", "   ", "  @"});
  std::uint64_t live = 0;
  std::int32_t steps = 1;
  std::uint8_t ended = 0, terminated = 0, truncated = 0, dead = 0;
  LevelBankView bank{};
  bank.tier = Tier::small;
  bank.words = 1;
  EnvOptions options{};
  options.auto_reset = AutoReset::disabled;
  options.end_on_deadlock = true;
  EnvStateView state{};
  state.walls = &game.level.walls;
  state.targets = &game.level.targets;
  state.boxes = &game.board.boxes;
  state.player = &game.board.player;
  state.steps = &steps;
  state.live = &live;
  state.ended = &ended;
  EnvOutputView output{};
  output.terminated = &terminated;
  output.truncated = &truncated;
  output.deadlock = &dead;
  EXPECT_TRUE(tell_deadlock(bank, options, state, output, 0));
  EXPECT_EQ(truncated, 1);
  ended = 1;
  truncated = 0;
  EXPECT_FALSE(tell_deadlock(bank, options, state, output, 0));
  EXPECT_EQ(truncated, 0);
  EXPECT_EQ(dead, 1);
}

}  // namespace
}  // namespace boxwarp
