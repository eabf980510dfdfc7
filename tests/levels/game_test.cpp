// Playing with a way back, and the letters of moves.
#include "levels/game.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/levels/parsed.hpp"

namespace boxwarp {
namespace {

using test::Lines;
using test::only_level;

Lines rows(const Game& game) { return to_text(game.level()); }

TEST(Game, MovesAndPushesAreWrittenDown) {
  Game game(only_level({"#######", "#@ $ .#", "#     #", "#######"}).level);
  EXPECT_TRUE(game.move(Action::right));
  EXPECT_TRUE(game.move(Action::right));
  EXPECT_FALSE(game.move(Action::up)) << "a wall";
  EXPECT_TRUE(game.move(Action::down));
  EXPECT_TRUE(game.move(Action::up));
  EXPECT_TRUE(game.move(Action::left));
  EXPECT_EQ(game.lurd(), "rRdul");
  EXPECT_EQ(game.moves(), 5);
  EXPECT_EQ(game.pushes(), 1);
  EXPECT_EQ(rows(game), (Lines{"#######", "# @ $.#", "#     #", "#######"}));
  EXPECT_FALSE(game.solved());
  game.move(Action::right);
  game.move(Action::right);
  EXPECT_TRUE(game.solved());
  EXPECT_FALSE(game.move(Action::right)) << "the box does not give way";
  EXPECT_EQ(game.lurd(), "rRdulrR");
}

TEST(Game, UndoLeadsBackThroughEveryBoard) {
  const LevelRows start = only_level({"########", "#@  $ .#", "# $$ * #", "#   .. #", "########"}).level;
  std::mt19937 random(5);
  Game game(start);
  std::vector<Lines> boards{rows(game)};
  std::vector<int> pushes{0};
  for (int i = 0; i < 300; ++i) {
    if (!game.move(static_cast<Action>(random() % 4))) continue;
    boards.push_back(rows(game));
    pushes.push_back(game.pushes());
  }
  ASSERT_GT(game.pushes(), 5);
  while (game.moves() > 0) {
    EXPECT_EQ(rows(game), boards.back());
    EXPECT_EQ(game.pushes(), pushes.back());
    boards.pop_back();
    pushes.pop_back();
    EXPECT_TRUE(game.undo());
  }
  EXPECT_FALSE(game.undo());
  EXPECT_EQ(rows(game), to_text(start));
  game.move(Action::right);
  game.move(Action::down);
  game.restart();
  EXPECT_EQ(rows(game), to_text(start));
  EXPECT_EQ(game.lurd(), "");
}

TEST(Game, LettersAreThoseOfTheActions) {
  for (const char letter : std::string("udlrUDLR")) {
    EXPECT_TRUE(is_lurd(letter));
    EXPECT_EQ(lurd_letter(lurd_action(letter), lurd_pushes(letter)), letter);
  }
  EXPECT_EQ(lurd_action('u'), Action::up);
  EXPECT_EQ(lurd_action('D'), Action::down);
  EXPECT_EQ(lurd_action('l'), Action::left);
  EXPECT_EQ(lurd_action('R'), Action::right);
  EXPECT_FALSE(is_lurd('x'));
}

TEST(Game, CellCodesShowWhatTheTextShows) {
  const LevelRows level = only_level({"######", "#+$* #", "#  $.#", "######"}).level;
  std::string text;
  for (const std::uint8_t code : cell_codes(level)) text += "# .*$@+"[code];
  std::string expected;
  for (const std::string& row : to_text(level)) expected += row;
  EXPECT_EQ(text, expected);
}

}  // namespace
}  // namespace boxwarp
