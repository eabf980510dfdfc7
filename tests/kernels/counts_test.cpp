// Exact counts of distinct boards within d moves: they pin the rules to the last cell.
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "tests/kernels/board_text.hpp"
#include "tests/oracle/sokoban.hpp"

namespace boxwarp {
namespace {

struct Counted {
  const char* what;
  std::vector<std::string> rows;                           // of the interior
  std::vector<std::pair<int, std::size_t>> boards_within;  // (d, boards)
};

const std::vector<Counted>& levels() {
  static const std::vector<Counted> list = {
      {"an empty room",
       {"        ", "        ", "        ", "   @    ", "        ", "        ", "        ", "        "},
       {{1, 5}, {2, 13}, {4, 39}, {8, 64}, {12, 64}}},
      {"one box in a room of 5x5",
       {"     ", " @   ", "  $  ", "     ", "    ."},
       {{2, 12}, {4, 53}, {8, 339}, {12, 575}, {20, 600}, {40, 600}}},
      {"a corridor with two boxes", {"@ $ $ ."}, {{1, 2}, {2, 3}, {4, 5}, {20, 5}}},
      {"a ring around a pillar",
       {"     ", " ### ", "$### ", "@### ", "  $ ."},
       {{1, 3}, {2, 6}, {4, 13}, {8, 33}, {40, 45}}},
      {"a box on a target beside a door",
       {"  #  ", "@*   ", "  #  ", "# #. "},
       {{1, 4}, {2, 10}, {4, 31}, {8, 92}, {16, 125}, {40, 125}}},
      {"three boxes in a row",
       {" .  . ", "  @   ", " $$$  ", "      ", "   .  "},
       {{2, 15}, {4, 92}, {8, 1466}, {12, 12792}, {16, 50957}, {24, 105573}, {40, 109470}}},
      {"more targets than boxes", {"..  ", ".@$ ", " $  ", "...."}, {{2, 14}, {4, 64}, {8, 494}, {12, 1353}, {40, 1676}}},
      {"four boxes in rooms",
       {"   #    ", " $   .. ", " @ #    ", "## ### #", "   #    ", " $ $  . ", "   #$   ", ".  #    "},
       {{2, 10}, {4, 36}, {8, 268}, {12, 1740}, {16, 10028}, {24, 146702}}},
      {"boxes at the edges", {"@$  ", "   $", "$   ", "  $ "}, {{2, 8}, {4, 30}, {8, 184}, {12, 702}, {40, 2076}}},
      {"a full house",
       {"$ $ $ $ ", " $ $ $ $", "$ $ $ $ ", "        ", "   @    ", "........", "........", " * * * *"},
       {{2, 13}, {4, 52}, {8, 859}, {12, 10822}, {16, 103221}}},
  };
  return list;
}

template <class Game, class Key>
std::size_t boards_within(const std::vector<std::string>& rows, int moves, const Key& key) {
  std::set<decltype(key(Game(rows)))> seen{key(Game(rows))};
  std::vector<Game> edge{Game(rows)};
  for (int move = 0; move < moves; ++move) {
    std::vector<Game> next;
    for (const Game& game : edge)
      for (int action = 0; action < kActions; ++action) {
        Game after = game;
        after.step(static_cast<Action>(action));
        if (seen.insert(key(after)).second) next.push_back(after);
      }
    edge = std::move(next);
  }
  return seen.size();
}

std::size_t small_count(const std::vector<std::string>& rows, int moves) {
  return boards_within<SmallGame>(rows, moves, [](const SmallGame& g) { return std::pair(g.board.boxes, g.board.player); });
}

std::size_t large_count(const std::vector<std::string>& rows, int moves) {
  return boards_within<LargeGame>(
      rows, moves, [](const LargeGame& g) { return std::pair(g.boxes, std::pair(g.player.row, g.player.column)); });
}

TEST(Counts, BothTiersReachExactlyTheseBoards) {
  ASSERT_EQ(levels().size(), 10u);
  for (const Counted& level : levels())
    for (const auto& [moves, boards] : level.boards_within) {
      EXPECT_EQ(small_count(level.rows, moves), boards) << level.what << ", " << moves << " moves";
      EXPECT_EQ(large_count(level.rows, moves), boards) << level.what << ", " << moves << " moves, large tier";
    }
}

TEST(Counts, TheOracleCountsTheSame) {
  constexpr std::size_t kMost = 15000;  // it is slow
  for (const Counted& level : levels())
    for (const auto& [moves, boards] : level.boards_within) {
      if (boards <= kMost) {
        EXPECT_EQ(oracle::boards_within(level.rows, moves), boards) << level.what << ", " << moves << " moves";
      }
    }
}

}  // namespace
}  // namespace boxwarp
