#include "levels/labels.hpp"

#include <gtest/gtest.h>

#include "levels/error.hpp"
#include "levels/level_set.hpp"
#include "levels/pack.hpp"
#include "levels/solve/solve.hpp"
#include "tests/host/small_levels.hpp"
#include "tests/oracle/deadlock.hpp"
#include "tests/oracle/numbers.hpp"
#include "tests/oracle/random_boards.hpp"
#include "tests/oracle/sokoban.hpp"
#include "tests/oracle/solve.hpp"

namespace boxwarp {
namespace {

using Text = std::vector<std::string>;

// Rooms with one or two boxes that are off their targets, as many targets as boxes, and nothing walled off.
std::vector<Text> some_rooms(int count) {
  oracle::Numbers numbers(4);
  std::vector<Text> rooms;
  while (static_cast<int>(rooms.size()) < count) {
    const int width = 5 + numbers.below(3), height = 5 + numbers.below(2);  // in this order with every compiler
    const Text rows = oracle::random_room(height, width, numbers);
    const oracle::Sokoban board(rows);
    const int boxes = board.count('$') + board.count('*'), targets = board.count('.') + board.count('*') + board.count('+');
    if (boxes == targets && boxes >= 1 && boxes <= 2 && !board.solved()) rooms.push_back(rows);
  }
  return rooms;
}

TEST(Labels, AreTheFewestOfTheOracleAndTheirSolutionsPlay) {
  Solver solver;
  int solved = 0;
  for (const Text& rows : some_rooms(120)) {
    const LevelRows level = test::level_from(rows);
    const LevelLabel label = completed({}, level, solver, {});
    EXPECT_EQ(label.pushes, oracle::fewest(rows, true));
    EXPECT_EQ(label.moves, oracle::fewest(rows, false));
    solved += label.pushes > 0;
    EXPECT_EQ(label.solution.empty(), label.pushes < 0);
    EXPECT_TRUE(label.pushes < 0 || plays_to_solution(level, label.solution, label.pushes));
  }
  EXPECT_GT(solved, 10);
}

TEST(Labels, OfPlaysAreTheOraclesAtEveryStep) {
  Solver solver;
  oracle::Numbers numbers(5);
  int given_away = 0, kept = 0;
  for (const Text& rows : some_rooms(40)) {
    oracle::Sokoban game(rows);
    std::vector<std::uint8_t> actions(25);
    for (std::uint8_t& action : actions) action = static_cast<std::uint8_t>(numbers.below(4));
    const PlayLabels labels = labels_of(test::level_from(rows), actions, solver, {});
    ASSERT_EQ(labels.remaining.size(), actions.size() + 1);
    int before = oracle::fewest(rows, true), death = oracle::Deadlock(rows).dead() ? 0 : -1;
    EXPECT_EQ(labels.remaining[0], before);
    for (std::size_t t = 0; t < actions.size() && before != 0; ++t) {
      const std::vector<std::string> board = game.rows();
      game.step(actions[t]);
      bool pushed = false;
      for (int r = 0; r < game.height(); ++r)
        for (int c = 0; c < game.width(); ++c) {
          const char then = board[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)];
          pushed = pushed || game.has_box({r, c}) != (then == '$' || then == '*');
        }
      const int after = oracle::fewest(game.rows(), true);
      if (death < 0 && oracle::Deadlock(game.rows()).dead()) death = static_cast<int>(t) + 1;
      ASSERT_EQ(labels.remaining[t + 1], after) << t;
      const bool good = before >= 0 && after >= 0 && after + pushed == before;
      ASSERT_EQ(labels.kept[t], good) << t;
      (good ? kept : given_away) += 1;
      before = after;
    }
    EXPECT_TRUE(before == 0 || death_of(test::level_from(rows), actions) == death);
  }
  EXPECT_GT(given_away, 50);
  EXPECT_GT(kept, 50);
}

TEST(Labels, AreKeptByPacksOfVersionTwoAndCheckedWhenRead) {
  Solver solver;
  LevelSet set;
  const std::int32_t file = set.add_file("rooms");
  for (const Text& rows : some_rooms(30)) {
    set.add(test::level_from(rows), {file, set.size()});
    if (set.size() % 3 != 0) set.set_label(set.size() - 1, completed({}, set.level(set.size() - 1), solver, {}));
  }
  const std::string bytes = packed(set);
  EXPECT_EQ(bytes[8], 2);
  const LevelSet again = unpacked(bytes);
  ASSERT_EQ(again.labels().size(), 30u);
  for (const auto& [id, label] : again.labels()) {
    const bool has = set.labels().contains(id);
    EXPECT_EQ(label.pushes, has ? set.labels().at(id).pushes : kNotKnown);
    EXPECT_EQ(label.moves, has ? set.labels().at(id).moves : kNotKnown);
    EXPECT_EQ(label.solution, has ? set.labels().at(id).solution : std::vector<std::uint8_t>{});
  }
  EXPECT_TRUE(packed(again) == bytes);
  for (const auto& [id, label] : set.labels()) {
    if (label.solution.empty()) continue;
    LevelLabel wrong = label;
    wrong.solution.back() ^= 1;
    LevelSet damaged = set;
    damaged.set_label(id, wrong);
    EXPECT_THROW(unpacked(packed(damaged)), BadInput) << "a solution that does not solve";
    break;
  }
}

TEST(Labels, WhatTheBudgetDoesNotReachIsNotKnown) {
  Solver solver;
  const LevelRows level = test::level_from({"########", "#      #", "# @$ $ #", "#      #", "# .  . #", "########"});
  const SolveBudget little{.nodes = 1, .bytes = 1 << 20};
  const LevelLabel label = completed({}, level, solver, little);
  EXPECT_EQ(label.pushes, kNotKnown);
  EXPECT_EQ(label.moves, kNotKnown);
  const PlayLabels plays = labels_of(level, std::vector<std::uint8_t>{3, 3}, solver, little);
  EXPECT_EQ(plays.remaining[2], kNotKnown);
  EXPECT_EQ(plays.kept[1], -1);
}

}  // namespace
}  // namespace boxwarp
