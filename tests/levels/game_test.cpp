// Playing with a way back, and lists of moves as files.
#include "levels/game.hpp"

#include <gtest/gtest.h>

#include <random>

#include "levels/error.hpp"
#include "levels/parse/lurd.hpp"
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

TEST(Lurd, ListsForSeveralLevelsAreReadAndWritten) {
  const std::vector<Lurd> all = parse_lurd("a", "; a remark\n; 3\nTitle: Third\nrrD\r\n  LL u\n\n:: note\n; 12\rUU\n");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].level, 3);
  EXPECT_EQ(all[0].moves, "rrDLLu");
  EXPECT_EQ(all[1].level, 12);
  EXPECT_EQ(all[1].moves, "UU");
  const std::string moves(200, 'u');
  EXPECT_EQ(lurd_entry({7, moves}, "T").substr(0, 14), "; 7\nTitle: T\nu");
  const std::vector<Lurd> again = parse_lurd("a", lurd_entry({7, moves}, "T") + lurd_entry({8, "d"}, ""));
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].moves, moves);
  EXPECT_EQ(again[1].level, 8);
  EXPECT_EQ(parse_lurd("a", "rr").at(0).level, 0);
}

TEST(Lurd, AByteOrderMarkIsNoMove) {
  const std::vector<Lurd> numbered = parse_lurd("a", "\xef\xbb\xbf; 2\nrr"), plain = parse_lurd("a", "\xef\xbb\xbfrr");
  EXPECT_EQ(numbered.at(0).level, 2);
  EXPECT_EQ(plain.at(0).moves, "rr");
  EXPECT_THROW(parse_lurd("a", "rr\n\xef\xbb\xbfrr"), BadInput) << "in the middle it is";
}

TEST(Lurd, MistakesAreToldWithTheirPlace) {
  const auto message = [](std::string_view text) -> std::string {
    try {
      parse_lurd("a.lurd", text);
    } catch (const BadInput& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_TRUE(message("rr\nrx").starts_with("a.lurd:2:2: this is no move"));
  EXPECT_TRUE(message("; 0\nrr").starts_with("a.lurd:1:1: levels are numbered from 1"));
  EXPECT_TRUE(message("; 99999999999999999999\nrr").starts_with("a.lurd:1:1: levels are numbered from 1"));
  EXPECT_TRUE(message("; 1\nrr\n; 1\nd").starts_with("a.lurd:4:1: a second list of moves for level 1"));
  EXPECT_TRUE(message("; 1\n\n").starts_with("a.lurd: no moves"));
}

}  // namespace
}  // namespace boxwarp
