// Small levels whose solutions can be counted by hand, and random play against playing at random.
#include "levels/solve/explore.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "kernels/sokoban/rules.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
namespace {

constexpr int kSteps = 30;

TEST(Explore, ACorridorHasOneSolutionAndItsChanceIsThatOfARandomWalk) {
  // The player steps right twice, pushing in both: the chance within two steps is 1/16.
  const LevelRows level = test::level_from({"######", "#@$ .#", "######"});
  const auto two = explore(level, 2);
  ASSERT_TRUE(two.has_value());
  EXPECT_EQ(two->boards, 4);  // before, one push, one push and a step back, solved
  EXPECT_EQ(two->fewest_moves, 2);
  EXPECT_EQ(two->fewest_corners, 0);
  EXPECT_DOUBLE_EQ(two->random_solution, 1.0 / 16);
  EXPECT_DOUBLE_EQ(explore(level, 1)->random_solution, 0.0);
}

TEST(Explore, ABoxThatMustTurnCountsACorner) {
  const auto level = test::level_from({"#######", "#     #", "#@$   #", "#     #", "#   . #", "#######"});
  const auto facts = explore(level, kSteps);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->fewest_corners, 1);
  EXPECT_EQ(facts->fewest_moves, 6);  // right, right; up and over the box; down, down
}

TEST(Explore, ALevelWithoutASolutionSaysSo) {
  const auto facts = explore(test::level_from({"#####", "#$@ #", "# . #", "#####"}), kSteps);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->fewest_moves, -1);
  EXPECT_EQ(facts->fewest_corners, -1);
  EXPECT_EQ(facts->random_solution, 0.0);
}

TEST(Explore, NothingIsSaidOfALevelWithMoreBoardsThanAllowed) {
  const auto level = test::level_from({"#######", "#     #", "#@$   #", "#     #", "#   . #", "#######"});
  const std::int64_t boards = explore(level, 0)->boards;
  EXPECT_FALSE(explore(level, 0, boards - 1).has_value());
  EXPECT_TRUE(explore(level, 0, boards).has_value());
}

TEST(Explore, ChanceOfRandomPlayIsHowOftenRandomPlaySolves) {
  const auto rows = test::level_from({"######", "#@   #", "# $ .#", "#    #", "######"});
  const LargeLevel level{rows.walls.data(), rows.targets.data(), rows.height};
  const double expected = explore(rows, kSteps)->random_solution;
  std::mt19937 random(1);
  constexpr int kEpisodes = 20'000;
  int solutions = 0;
  for (int episode = 0; episode < kEpisodes; ++episode) {
    std::vector<Row> boxes = rows.boxes;
    Position player = rows.player;
    bool is_solved = false;
    for (int step = 0; step < kSteps && !is_solved; ++step) {
      const LargeMove move = moved(level, boxes.data(), player, static_cast<Action>(random() % kActions));
      apply(move, boxes.data());
      player = move.player;
      is_solved = solved(level, boxes.data());
    }
    solutions += is_solved;
  }
  // Four standard errors of the share.
  EXPECT_NEAR(static_cast<double>(solutions) / kEpisodes, expected, 4 * std::sqrt(expected * (1 - expected) / kEpisodes));
}

}  // namespace
}  // namespace boxwarp
