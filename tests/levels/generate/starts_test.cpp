// Levels drawn from all starts of a room: the search backwards against solving forwards, and what is drawn.
#include "levels/generate/starts.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>

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

template <int kWords>
std::map<int, int> starts_by_search(const Text& room) {
  const auto frame = search::frame_of<kWords>(static_cast<int>(room.size()) - 2, static_cast<int>(room[0].size()) - 2);
  Plane<kWords> open, targets;
  for (int row = 0; row < frame.rows; ++row)
    for (int column = 0; column < frame.width; ++column) {
      const char cell = room[static_cast<std::size_t>(row + 1)][static_cast<std::size_t>(column + 1)];
      if (cell != '#') open.flip(row * frame.stride() + column);
      if (cell == '.') targets.flip(row * frame.stride() + column);
    }
  search::Retrograde<kWords> retrograde;
  EXPECT_TRUE(retrograde.search(frame, open, targets, 1000, 1'000'000));
  std::map<int, int> starts;
  for (int pushes = 0; pushes <= retrograde.depth(); ++pushes) {
    for (std::size_t i = retrograde.first(pushes); i < retrograde.first(pushes + 1); ++i) {
      const search::Start<kWords>& start = retrograde.at(i);
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
  for (const Text& room : rooms) EXPECT_EQ(starts_by_search<1>(room), starts_by_oracle(room));
}

// Every start by its pushes once more: backwards move by move, each cell of the player a board of its own.
std::map<int, int> starts_by_moves(const Text& room) {
  const int width = static_cast<int>(room[0].size());
  const auto wall = [&](int cell) {
    return room[static_cast<std::size_t>(cell / width)][static_cast<std::size_t>(cell % width)] == '#';
  };
  using Board = std::pair<std::set<int>, int>;  // boxes, player
  std::set<int> targets, floor;
  for (int cell = 0; cell < width * static_cast<int>(room.size()); ++cell) {
    if (!wall(cell)) floor.insert(cell);
    if (room[static_cast<std::size_t>(cell / width)][static_cast<std::size_t>(cell % width)] == '.') targets.insert(cell);
  }
  std::map<Board, int> pushes;
  std::deque<std::pair<Board, int>> open;
  for (const int cell : floor)
    if (!targets.contains(cell)) open.push_back({{targets, cell}, 0});
  std::map<int, int> starts;
  while (!open.empty()) {
    const auto [board, cost] = open.front();
    open.pop_front();
    if (!pushes.emplace(board, cost).second) continue;
    ++starts[cost];
    const auto& [boxes, player] = board;
    for (const int way : {-width, width, -1, 1}) {
      const int to = player + way;
      if (wall(to) || boxes.contains(to)) continue;
      open.push_front({{boxes, to}, cost});
      if (!boxes.contains(player - way)) continue;
      std::set<int> pulled = boxes;
      pulled.erase(player - way);
      pulled.insert(player);
      open.push_back({{pulled, to}, cost + 1});
    }
  }
  return starts;
}

TEST(Starts, ASearchBackwardsFindsEveryStartOfRandomRooms) {
  std::mt19937 random(8);
  for (int number = 0; number < 60; ++number) {
    Text room(static_cast<std::size_t>(6 + number % 2), std::string(7, '#'));
    for (std::size_t row = 1; row + 1 < room.size(); ++row)
      for (std::size_t column = 1; column < 6; ++column) room[row][column] = random() % 5 == 0 ? '#' : ' ';
    for (int target = 0; target < 2 + number % 2;) {
      char& cell = room[1 + random() % (room.size() - 2)][1 + random() % 5];
      if (cell == '.') continue;
      cell = '.';
      ++target;
    }
    const auto found = starts_by_moves(room);
    EXPECT_EQ(starts_by_search<1>(room), found) << number;
    EXPECT_EQ(starts_by_search<4>(room), found) << number;
  }
}

StartOptions like(Like like) {
  StartOptions options;
  options.like = like;
  return completed(options);
}

StartOptions square(int size, int boxes) {
  StartOptions options;
  options.height = options.width = size;
  options.boxes = boxes;
  return options;
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
  StartOptions options = square(8, 2);
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
  StartOptions options = square(7, 1);
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
  StartOptions options = square(10, 3);
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

TEST(Starts, NoTwoNumbersShareTheirReversePlays) {
  StartOptions options = square(7, 1);
  options.boards = 1;
  options.min_pushes = 1;
  StartGenerator generator(completed(options));
  const std::uint64_t last = 8'070'450'532'247'927;  // 2'000 plays each, from 2^61 on
  EXPECT_NE(to_text(generator.level(4, last).level), to_text(generator.level(4, last - 1).level));
  for (const std::uint64_t id : {last + 1, std::uint64_t{1} << 60}) {
    try {
      generator.level(4, id);
      ADD_FAILURE() << id;
    } catch (const BadInput& error) {
      EXPECT_NE(std::string(error.what()).find(std::to_string(last)), std::string::npos) << error.what();
    }
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
