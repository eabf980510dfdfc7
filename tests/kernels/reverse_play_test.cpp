// Levels made by reverse play: every one is solved by playing the pulls back as pushes on a text board that shares no code.
#include "kernels/sokoban/reverse_play.hpp"

#include <gtest/gtest.h>

#include <queue>
#include <string>
#include <vector>

#include "tests/oracle/sokoban.hpp"

namespace boxwarp {
namespace {

struct Recorder {
  struct Pull {
    Position box;
    Action direction;
  };
  std::vector<Pull> pulls;
  void begin() { pulls.clear(); }
  void pull(Position box, Action direction) { pulls.push_back({box, direction}); }
};

std::vector<std::string> text_of(const PlayedLevel<>& level, int height, int width) {
  std::vector<std::string> rows(static_cast<std::size_t>(height), std::string(static_cast<std::size_t>(width), ' '));
  for (int r = 0; r < height; ++r) {
    for (int c = 0; c < width; ++c) {
      const Position at{r, c};
      const bool target = has(level.targets, at);
      char& cell = rows[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)];
      if (has(level.walls, at)) {
        cell = target || has(level.boxes, at) || at == level.player ? '?' : '#';
      } else if (has(level.boxes, at)) {
        cell = at == level.player ? '?' : target ? '*' : '$';
      } else if (at == level.player) {
        cell = target ? '+' : '@';
      } else if (target) {
        cell = '.';
      }
    }
  }
  return rows;
}

int count(const std::vector<std::string>& rows, const std::string& cells) {
  int n = 0;
  for (const std::string& row : rows)
    for (const char cell : row) n += cells.find(cell) != std::string::npos;
  return n;
}

// Actions that lead the player there without a push; false if there are none.
bool walk(oracle::Sokoban& game, oracle::Cell goal) {
  const auto index = [&](oracle::Cell at) { return static_cast<std::size_t>(at.row * game.width() + at.column); };
  std::vector<int> came_by(static_cast<std::size_t>(game.height() * game.width()), -1);
  std::queue<oracle::Cell> open;
  open.push(goal);  // from the goal back, so that the way can be read off forwards
  came_by[index(goal)] = 4;
  while (!open.empty()) {
    const oracle::Cell at = open.front();
    open.pop();
    for (int action = 0; action < 4; ++action) {
      const oracle::Cell next = oracle::next_to(at, action);
      if (game.at(next) == '#' || game.has_box(next) || came_by[index(next)] != -1) continue;
      came_by[index(next)] = action ^ 1;  // up and down, left and right are neighbours in number
      open.push(next);
    }
  }
  if (came_by[index(game.player())] == -1) return false;
  while (game.player().row != goal.row || game.player().column != goal.column) game.step(came_by[index(game.player())]);
  return true;
}

// All cells that are no wall, from the player.
int connected_floor(const oracle::Sokoban& game) {
  std::vector<std::string> rows = game.rows();
  std::vector<oracle::Cell> open{game.player()};
  int cells = 0;
  while (!open.empty()) {
    const oracle::Cell at = open.back();
    open.pop_back();
    char& cell = rows[static_cast<std::size_t>(at.row)][static_cast<std::size_t>(at.column)];
    if (cell == '#') continue;
    cell = '#';
    ++cells;
    for (int action = 0; action < 4; ++action) open.push_back(oracle::next_to(at, action));
  }
  return cells;
}

struct Case {
  ReversePlay rules;
  int levels;
};

const std::vector<Case> kCases{
    {{.height = 3, .width = 5, .boxes = 1, .walk = 4, .min_moves = 1, .max_moves = 20}, 50},
    {{.height = 5, .width = 3, .boxes = 1, .walk = 4, .min_moves = 1, .max_moves = 20}, 50},
    {{.height = 4, .width = 5, .boxes = 1, .walk = 4, .min_moves = 1, .max_moves = 20}, 50},
    {{.height = 5, .width = 5, .boxes = 1, .walk = 6, .min_moves = 3, .max_moves = 40}, 100},
    {{.height = 3, .width = 64, .boxes = 2, .walk = 60, .min_moves = 4, .max_moves = 200}, 20},
    {{.height = 64, .width = 3, .boxes = 2, .walk = 60, .min_moves = 4, .max_moves = 200}, 20},
    {{.height = 7, .width = 7, .boxes = 1, .walk = 14, .min_moves = 8, .max_moves = 120}, 500},
    {{.height = 7, .width = 9, .boxes = 3, .walk = 30, .min_moves = 8, .max_moves = 120, .min_turns = 4}, 200},
    {{.height = 10, .width = 10, .boxes = 4, .walk = 36, .min_moves = 30, .max_moves = 120}, 500},
    {{.height = 10, .width = 10, .boxes = 12, .walk = 110, .min_moves = 8, .max_moves = 300}, 50},
    {{.height = 33, .width = 17, .boxes = 20, .walk = 400, .min_moves = 8, .max_moves = 2000}, 10},
    {{.height = 64, .width = 64, .boxes = 100, .walk = 2400, .min_moves = 8, .max_moves = 12800}, 3},
    {{.height = 64, .width = 64, .boxes = 300, .walk = 10000, .min_moves = 8, .max_moves = 50000}, 1},
};

TEST(ReversePlay, LevelsAreSolvedByPushingBackWhatWasPulled) {
  for (const Case& test : kCases) {
    const ReversePlay& rules = test.rules;
    for (int id = 0; id < test.levels; ++id) {
      SCOPED_TRACE(testing::Message() << rules.height << "x" << rules.width << ", boxes " << rules.boxes << ", level "
                                      << id);
      PlayedLevel<> level;
      Recorder recorder;
      ASSERT_TRUE(reverse_played(rules, 5, static_cast<std::uint64_t>(id), level, recorder));
      oracle::Sokoban game(text_of(level, rules.height, rules.width));
      for (auto pull = recorder.pulls.rbegin(); pull != recorder.pulls.rend(); ++pull) {
        const Position box = neighbour(pull->box, pull->direction), player = neighbour(box, pull->direction);
        ASSERT_TRUE(game.has_box({box.row, box.column}));
        ASSERT_TRUE(walk(game, {player.row, player.column}));
        game.step(static_cast<int>(opposite(pull->direction)));
        ASSERT_TRUE(game.has_box({pull->box.row, pull->box.column}));
      }
      EXPECT_TRUE(game.solved());
    }
  }
}

TEST(ReversePlay, LevelsAreWhatTheRulesSay) {
  for (const Case& test : kCases) {
    const ReversePlay& rules = test.rules;
    for (int id = 0; id < test.levels; ++id) {
      PlayedLevel<> level;
      ASSERT_TRUE(reverse_played(rules, 6, static_cast<std::uint64_t>(id), level));
      const auto rows = text_of(level, rules.height, rules.width);
      EXPECT_EQ(count(rows, "$"), rules.boxes);
      EXPECT_EQ(count(rows, ".+"), rules.boxes);
      EXPECT_EQ(count(rows, "@+"), 1);
      EXPECT_EQ(count(rows, "*?"), 0) << "no box on a target, nothing in a wall";
      EXPECT_EQ(connected_floor(oracle::Sokoban(rows)), count(rows, " $.@+"));
      EXPECT_GE(level.turns, rules.min_turns);
      EXPECT_GE(level.moves, rules.min_moves);
      EXPECT_LE(level.moves, rules.max_moves);
      for (int r = 0; r < kLargestSize; ++r) {
        const Row inside = r > 0 && r < rules.height - 1 ? (Row{1} << (rules.width - 1)) - 2 : 0;
        EXPECT_EQ(level.walls[r] | inside, ~Row{0}) << "the rim and all beyond it is wall";
      }
    }
  }
}

TEST(ReversePlay, TurnsAreCornersInTheWayOfABox) {
  // Counted again from the pulls: by box, changes between up or down and left or right.
  const ReversePlay rules{.height = 8, .width = 8, .boxes = 2, .walk = 30, .min_moves = 8, .max_moves = 120, .min_turns = 3};
  for (std::uint64_t id = 0; id < 100; ++id) {
    PlayedLevel<> level;
    Recorder recorder;
    ASSERT_TRUE(reverse_played(rules, 7, id, level, recorder));
    std::vector<std::vector<int>> last(64, std::vector<int>(64, -1));
    int turns = 0;
    for (const auto& pull : recorder.pulls) {
      const Position to = neighbour(pull.box, pull.direction);
      int& before = last[static_cast<std::size_t>(pull.box.row)][static_cast<std::size_t>(pull.box.column)];
      const int line = static_cast<int>(pull.direction) / 2;
      turns += before != -1 && before != line;
      before = -1;
      last[static_cast<std::size_t>(to.row)][static_cast<std::size_t>(to.column)] = line;
    }
    EXPECT_EQ(level.turns, turns);
    EXPECT_GE(turns, 3);
  }
}

TEST(ReversePlay, TheSameSeedAndIdGiveTheSameLevelAndOthersOthers) {
  const ReversePlay rules{};
  const auto text = [&](std::uint64_t seed, std::uint64_t id) {
    PlayedLevel<> level;
    EXPECT_TRUE(reverse_played(rules, seed, id, level));
    return text_of(level, rules.height, rules.width);
  };
  const std::uint64_t far = std::uint64_t{1} << 40;
  EXPECT_EQ(text(1, 5), text(1, 5));
  EXPECT_EQ(text(1, far), text(1, far));
  EXPECT_NE(text(1, 5), text(1, 6));
  EXPECT_NE(text(1, 5), text(2, 5));
  EXPECT_NE(text(1, 0), text(1, far)) << "all 64 bits of the id count";
  EXPECT_NE(text(1, 5), text(1 + far, 5)) << "all 64 bits of the seed count";
}

// A change of this number changes every generated set: sets that were shipped or published can then not be made again.
TEST(ReversePlay, AThousandLevelsHaveTheSignatureTheyAlwaysHad) {
  std::uint64_t signature = 0xcbf29ce484222325u;
  const auto mix = [&](std::uint64_t word) {
    signature = (signature ^ word) * 0x100000001b3u;
    signature ^= signature >> 29;
  };
  const ReversePlay kinds[] = {{}, {.height = 10, .width = 10, .boxes = 4, .walk = 36, .min_turns = 2}};
  for (const ReversePlay& rules : kinds) {
    for (std::uint64_t id = 0; id < 500; ++id) {
      PlayedLevel<> level;
      ASSERT_TRUE(reverse_played(rules, 42, id, level));
      for (int row = 0; row < rules.height; ++row) {
        mix(level.walls[row]);
        mix(level.targets[row]);
        mix(level.boxes[row]);
      }
      mix(static_cast<std::uint64_t>(level.player.row * kLargestSize + level.player.column));
    }
  }
  EXPECT_EQ(signature, 17945364674123865945u);
}

TEST(ReversePlay, GivesUpWhereThereIsNoLevel) {
  PlayedLevel<> level;
  EXPECT_FALSE(reverse_played({.height = 4, .width = 4, .boxes = 1, .walk = 10, .attempts = 100}, 1, 0, level))
      << "no line of three";
  EXPECT_FALSE(reverse_played({.height = 5, .width = 5, .boxes = 5, .walk = 50, .attempts = 100}, 1, 0, level))
      << "too many boxes";
  EXPECT_FALSE(reverse_played({.min_moves = 5, .max_moves = 5, .min_turns = 6, .attempts = 100}, 1, 0, level))
      << "too few moves";
}

TEST(ReversePlay, RunsWhileCompiling) {
  constexpr bool made = [] {
    PlayedLevel<> level{};
    return reverse_played({.height = 3, .width = 5, .boxes = 1, .walk = 4, .min_moves = 1, .max_moves = 2}, 5, 0, level) &&
           level.boxes[1] != 0;
  }();
  EXPECT_TRUE(made);
}

}  // namespace
}  // namespace boxwarp
