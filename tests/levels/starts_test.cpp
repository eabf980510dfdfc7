// Levels drawn from all starts of a room: the search backwards against solving forwards, and what is drawn.
#include "levels/generate/starts.hpp"

#include <gtest/gtest.h>

#include <map>

#include "levels/error.hpp"
#include "levels/generate/retrograde.hpp"
#include "levels/solve/solve.hpp"
#include "tests/host/small_levels.hpp"
#include "tests/oracle/solve.hpp"

namespace boxwarp {
namespace {

using search::Plane;
using Text = std::vector<std::string>;

// Every way to put two boxes and the player into the room, by what the oracle needs for it.
std::map<int, int> starts_by_oracle(const Text& room) {
  std::map<int, int> starts;
  std::vector<Position> floor;
  for (int row = 0; row < static_cast<int>(room.size()); ++row)
    for (int column = 0; column < static_cast<int>(room[0].size()); ++column)
      if (room[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] != '#') floor.push_back({row, column});
  const auto at = [](Text& text, Position cell) -> char& {
    return text[static_cast<std::size_t>(cell.row)][static_cast<std::size_t>(cell.column)];
  };
  for (std::size_t a = 0; a < floor.size(); ++a)
    for (std::size_t b = a + 1; b < floor.size(); ++b)
      for (std::size_t p = 0; p < floor.size(); ++p) {
        if (p == a || p == b) continue;
        Text text = room;
        for (const std::size_t box : {a, b}) at(text, floor[box]) = at(text, floor[box]) == '.' ? '*' : '$';
        at(text, floor[p]) = at(text, floor[p]) == '.' ? '+' : '@';
        ++starts[oracle::fewest(text, true)];
      }
  starts.erase(-1);
  return starts;
}

std::map<int, int> starts_by_search(const Text& room) {
  const auto frame = search::frame_of<1>(static_cast<int>(room.size()) - 2, static_cast<int>(room[0].size()) - 2);
  Plane<1> open, targets;
  for (int row = 0; row < frame.rows; ++row)
    for (int column = 0; column < frame.width; ++column) {
      const char cell = room[static_cast<std::size_t>(row + 1)][static_cast<std::size_t>(column + 1)];
      if (cell != '#') open.flip(row * frame.stride() + column);
      if (cell == '.') targets.flip(row * frame.stride() + column);
    }
  search::Retrograde<1> retrograde;
  EXPECT_TRUE(retrograde.search(frame, open, targets, 1000, 1'000'000));
  std::map<int, int> starts;
  for (int pushes = 0; pushes <= retrograde.depth(); ++pushes) {
    for (std::size_t i = retrograde.first(pushes); i < retrograde.first(pushes + 1); ++i) {
      const search::Start<1>& start = retrograde.at(i);
      starts[pushes] += start.reached.count();
    }
  }
  return starts;
}

TEST(Starts, ASearchBackwardsFindsEveryStartAndItsPushes) {
  const std::vector<Text> rooms{{"#####", "#. .#", "#   #", "#   #", "#####"},
                                {"######", "#    #", "#.#. #", "#    #", "######"},
                                {"######", "#..  #", "## # #", "#    #", "##   #", "######"},
                                {"#######", "#.  # #", "#   # #", "#.    #", "#######"}};
  for (const Text& room : rooms) EXPECT_EQ(starts_by_search(room), starts_by_oracle(room));
}

StartOptions like(Like like) {
  StartOptions options;
  options.like = like;
  return completed(options);
}

TEST(Starts, LevelsNeedThePushesThatTheyAreSaidToNeed) {
  StartOptions wide;
  wide.height = 9;
  wide.width = 14;
  wide.boxes = 2;
  for (const StartOptions& options : {like(Like::boxoban), like(Like::hard), completed(wide)}) {
    StartGenerator generator(options);
    Solver solver;
    for (std::uint64_t id = 0; id < 60; ++id) {
      const StartLevel level = generator.level(1, id);
      EXPECT_FALSE(level.by_reverse_play);
      EXPECT_EQ(solver.solve(level.level).pushes, level.pushes) << text_entry(level.level, 0);
      EXPECT_EQ(level.level.title, std::to_string(level.pushes) + " pushes");
      EXPECT_EQ(level.level.box_count(), options.boxes);
      EXPECT_EQ(level.level.target_count(), options.boxes);
    }
  }
}

TEST(Starts, PushesStayInTheRangeAndEachIsDrawn) {
  StartOptions options;
  options.height = options.width = 8;
  options.boxes = 2;
  options.min_pushes = 5;
  options.max_pushes = 8;
  StartGenerator generator(completed(options));
  std::map<int, int> drawn;
  for (std::uint64_t id = 0; id < 400; ++id) ++drawn[generator.level(2, id).pushes];
  ASSERT_EQ(drawn.size(), 4u);
  for (const auto& [pushes, levels] : drawn) {
    EXPECT_GE(pushes, 5);
    EXPECT_LE(pushes, 8);
    EXPECT_GT(levels, 40) << "of 400";
  }
}

TEST(Starts, TheHardestStartNeedsTheMostPushes) {
  StartOptions options;
  options.height = options.width = 7;
  options.boxes = 1;
  options.hardest = true;
  StartGenerator generator(completed(options));
  Solver solver;
  for (std::uint64_t id = 0; id < 20; ++id) {
    const StartLevel hardest = generator.level(3, id);
    // No other place of box and player in its room needs more.
    for (int cell = 0; cell < 49 * 49; ++cell) {
      LevelRows other = hardest.level;
      const Position box{cell / 7 % 7, cell % 7}, player{cell / 49 / 7, cell / 49 % 7};
      if (has(other.walls.data(), box) || has(other.walls.data(), player) || box == player) continue;
      other.boxes.assign(7, 0);
      other.boxes[static_cast<std::size_t>(box.row)] = Row{1} << box.column;
      other.player = player;
      const SolveResult result = solver.solve(other);
      EXPECT_LE(result.pushes, hardest.pushes);
    }
  }
}

TEST(Starts, ReversePlayTakesOverWhereBoardsDoNotFit) {
  StartOptions options;
  options.height = options.width = 10;
  options.boxes = 3;
  options.boards = 20;
  options.min_pushes = 5;
  StartGenerator generator(completed(options));
  Solver solver;
  for (std::uint64_t id = 0; id < 10; ++id) {
    const StartLevel level = generator.level(4, id);
    EXPECT_TRUE(level.by_reverse_play);
    EXPECT_EQ(level.level.title, std::to_string(level.pushes) + " pushes (reverse play)");
    EXPECT_EQ(solver.solve(level.level).pushes, level.pushes);
    EXPECT_GE(level.pushes, 5);
    EXPECT_LE(level.pushes, 30);
  }
}

TEST(Starts, ALevelDoesNotDependOnTheOthers) {
  StartGenerator one(like(Like::medium)), other(like(Like::medium));
  for (std::uint64_t id = 0; id < 20; ++id) one.level(5, id);
  EXPECT_EQ(to_text(one.level(5, 7).level), to_text(other.level(5, 7).level));
  EXPECT_NE(to_text(one.level(5, 7).level), to_text(one.level(6, 7).level));
}

TEST(Starts, RoomsThatCannotBeAreRefused) {
  StartOptions options;
  options.height = 4;
  options.width = 4;
  EXPECT_THROW(completed(options), BadInput);
  options.height = options.width = 5;
  options.boxes = 1;
  options.min_pushes = options.max_pushes = 500;
  EXPECT_THROW(StartGenerator(completed(options)).level(1, 1), BadInput);
}

}  // namespace
}  // namespace boxwarp
