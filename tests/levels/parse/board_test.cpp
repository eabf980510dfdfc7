// From the characters of a board to a level: walls, margins, every kind of error and warning.
#include "levels/parse/board.hpp"

#include <gtest/gtest.h>

#include "tests/levels/parsed.hpp"

namespace boxwarp {
namespace {

using test::Lines;
using test::only_error;
using test::only_level;
using test::rows_of;
using test::warnings_of;
using Warnings = std::vector<LevelWarning>;

void expect_error(const LevelError& error, LevelErrorKind kind, std::int64_t line, std::int64_t column, int byte = -1) {
  EXPECT_EQ(name(error.kind), name(kind));
  EXPECT_EQ(error.ordinal, 1);
  EXPECT_EQ(error.line, line);
  EXPECT_EQ(error.column, column);
  EXPECT_EQ(error.byte ? int{*error.byte} : -1, byte);
  EXPECT_FALSE(error.message.empty());
}

TEST(Board, AllCellsAreRead) {
  const Lines rows{"######", "#+$* #", "#  $.#", "######"};
  EXPECT_EQ(rows_of(rows), rows);
  const LevelRows level = only_level(rows).level;
  EXPECT_EQ(level.box_count(), 3);
  EXPECT_EQ(level.target_count(), 3);
  EXPECT_EQ(level.player, (Position{1, 1}));
  EXPECT_EQ(level.walls[1], ~Row{0b011110});
}

TEST(Board, RaggedRowsAreFilledWithWallAndWhatThePlayerCannotReachBecomesWall) {
  EXPECT_EQ(rows_of({"  ####", "###  ####", "#     $ #", "# #  #$ #", "# . .#@ #", "#########"}),
            (Lines{"#########", "###  ####", "#     $ #", "# #  #$ #", "# . .#@ #", "#########"}));
  EXPECT_EQ(rows_of({"#########", "#@$.#   #", "#########"}), (Lines{"#########", "#@$.#####", "#########"}));
}

TEST(Board, ARowThatEndsEarlyIsClosedByWall) {
  EXPECT_EQ(rows_of({"#####", "#@$.", "#####"}), (Lines{"#####", "#@$.#", "#####"}));
}

TEST(Board, CornersDoNotConnect) {
  EXPECT_EQ(rows_of({"#######", "#@$.# #", "#####  ", "#######"}), (Lines{"#######", "#@$.###", "#######", "#######"}));
}

TEST(Board, BlankMarginsGoAndRowsOfWallStay) {
  const Lines framed{"#######", "#######", "##@$.##", "#######"};
  EXPECT_EQ(rows_of({"   #######  ", "   #######", "   ##@$.##    ", "   #######", "_-_"}), framed);
  EXPECT_EQ(rows_of({"--#####--", "--#@$.#--", "--#####--"}), (Lines{"#####", "#@$.#", "#####"}));
}

TEST(Board, DashesAndUnderscoresAreFloor) {
  EXPECT_EQ(rows_of({"######", "#@-$_#", "#-- .#", "######"}), (Lines{"######", "#@ $ #", "#   .#", "######"}));
}

TEST(Board, BadCharactersAreToldWithTheirPlace) {
  expect_error(only_error(Lines{"; 1", "#####", "#@$.#", "# x #", "#####"}), LevelErrorKind::bad_character, 4, 3, 'x');
  expect_error(only_error(Lines{"#####\t", "#@$.#", "#####"}), LevelErrorKind::bad_character, 1, 6, '\t');
  // Letters for player and boxes are another format's.
  expect_error(only_error(Lines{"#####", "#p$.#", "#####"}), LevelErrorKind::bad_character, 2, 2, 'p');
  expect_error(only_error(std::string_view("#####\n#@$.#\n#\0###\n", 18)), LevelErrorKind::bad_character, 3, 2, 0);
}

TEST(Board, SizesUpTo64x64AreRead) {
  Lines rows(64, "#" + std::string(62, ' ') + "#");
  rows.front() = rows.back() = std::string(64, '#');
  rows[1].replace(1, 3, "@$.");
  rows[62][62] = '.';
  EXPECT_EQ(rows_of(rows), rows);
  Lines indented = rows;
  for (std::string& row : indented) row = "          " + row + "   ";
  EXPECT_EQ(rows_of(indented), rows);

  Lines tall = rows;
  tall.insert(tall.begin() + 2, rows[2]);
  expect_error(only_error(tall), LevelErrorKind::too_large, 1, 1);
  Lines wide = rows;
  wide[0] += "#";
  expect_error(only_error(wide), LevelErrorKind::too_large, 1, 1);
  wide[5][5] = '?';
  expect_error(only_error(wide), LevelErrorKind::bad_character, 6, 6, '?');
}

TEST(Board, PlayersAreCounted) {
  expect_error(only_error(Lines{"", "#####", "# $.#", "#####"}), LevelErrorKind::no_player, 2, 1);
  expect_error(only_error(Lines{"#####", "#@ .#", "# $+#", "#####"}), LevelErrorKind::two_players, 3, 4, '+');
}

TEST(Board, ABoxIsNeeded) {
  expect_error(only_error(Lines{"#####", "#@ .#", "#####"}), LevelErrorKind::no_box, 1, 1);
  // Boxes that become wall are none.
  expect_error(only_error(Lines{"#######", "#@ .#*#", "#######"}), LevelErrorKind::no_box, 1, 1);
}

TEST(Board, AnOpenWallIsToldWhereThePlayerGetsOut) {
  expect_error(only_error(Lines{"#####", "#@$. ", "#####"}), LevelErrorKind::open_wall, 2, 5, ' ');
  expect_error(only_error(Lines{"## ##", "#@$.#", "#####"}), LevelErrorKind::open_wall, 1, 3, ' ');
  expect_error(only_error(Lines{"#####", "#@$.#", "#$###"}), LevelErrorKind::open_wall, 3, 2, '$');
  expect_error(only_error(Lines{"#####", "@ $.#", "#####"}), LevelErrorKind::open_wall, 2, 1, '@');
}

TEST(Board, ABoxOutOfReachIsAnErrorOffItsTargetAndADecorationOnIt) {
  expect_error(only_error(Lines{"#######", "#@$.#$#", "#######"}), LevelErrorKind::unreachable_box, 2, 6, '$');
  const Lines decorated{"#######", "#@$.#*#", "#######"};
  EXPECT_EQ(rows_of(decorated), (Lines{"#######", "#@$.###", "#######"}));
  EXPECT_EQ(warnings_of(decorated), (Warnings{LevelWarning::unreachable_box}));
  EXPECT_EQ(only_level(decorated).level.box_count(), 1);
  EXPECT_EQ(only_level(decorated).level.target_count(), 1);
}

TEST(Board, TargetsAreCountedWherePlayersGetTo) {
  expect_error(only_error(Lines{"######", "#@$$.#", "######"}), LevelErrorKind::fewer_targets, 1, 1);
  expect_error(only_error(Lines{"########", "#@$$.#.#", "########"}), LevelErrorKind::fewer_targets, 1, 1);
  const Lines lost{"#######", "#@$.#.#", "#######"};
  EXPECT_EQ(warnings_of(lost), (Warnings{LevelWarning::unreachable_target}));
  EXPECT_EQ(only_level(lost).level.target_count(), 1);
}

TEST(Board, TheFirstErrorInTheOrderOfTheSpecificationIsTold) {
  // Each text has all faults of those behind it.
  EXPECT_EQ(only_error(Lines{"#####?", "#    ", "#####"}).kind, LevelErrorKind::bad_character);
  EXPECT_EQ(only_error(Lines{"#####" + std::string(60, '#'), "#    ", "#####"}).kind, LevelErrorKind::too_large);
  EXPECT_EQ(only_error(Lines{"#####", "#    ", "#####"}).kind, LevelErrorKind::no_player);
  EXPECT_EQ(only_error(Lines{"#####", "#@@  ", "#####"}).kind, LevelErrorKind::two_players);
  EXPECT_EQ(only_error(Lines{"#####", "#@   ", "#####"}).kind, LevelErrorKind::no_box);
  EXPECT_EQ(only_error(Lines{"#######", "#@ $   ", "#####$#", "#######"}).kind, LevelErrorKind::open_wall);
  EXPECT_EQ(only_error(Lines{"#######", "#@ $  #", "#####$#", "#######"}).kind, LevelErrorKind::fewer_targets);
  EXPECT_EQ(only_error(Lines{"#######", "#@ $ ##", "#####$#", "#######"}).kind, LevelErrorKind::unreachable_box);
}

TEST(Remarks, ALevelWithoutAnythingOddHasNone) {
  EXPECT_EQ(warnings_of({"######", "#@   #", "# $. #", "#    #", "######"}), Warnings{});
}

TEST(Remarks, MoreTargetsThanBoxes) {
  EXPECT_EQ(warnings_of({"######", "#@$..#", "######"}), (Warnings{LevelWarning::more_targets}));
}

TEST(Remarks, SolvedAsGiven) {
  EXPECT_EQ(warnings_of({"######", "#@   #", "# *  #", "#    #", "######"}), (Warnings{LevelWarning::already_solved}));
  EXPECT_EQ(warnings_of({"######", "#+   #", "# *  #", "#    #", "######"}),
            (Warnings{LevelWarning::more_targets, LevelWarning::already_solved}));
}

TEST(Remarks, BoxesThatNothingCanMove) {
  const Warnings stuck{LevelWarning::box_cannot_move};
  EXPECT_EQ(warnings_of({"######", "#@  $#", "#   .#", "######"}), stuck) << "in a corner";
  EXPECT_EQ(warnings_of({"######", "#@  *#", "# $. #", "#    #", "######"}), stuck) << "on a target, too";
  EXPECT_EQ(warnings_of({"######", "#@   #", "# $$ #", "# $$ #", "#....#", "######"}), stuck) << "four hold each other";
  EXPECT_EQ(warnings_of({"######", "#@   #", "# $$ #", "# $  #", "# ...#", "######"}), Warnings{}) << "three do not";
  EXPECT_EQ(warnings_of({"#######", "#@    #", "# $$  #", "#     #", "# ..  #", "#######"}), Warnings{});
  EXPECT_EQ(warnings_of({"#######", "#@$$  #", "#     #", "# ..  #", "#######"}), stuck) << "two along a wall";
}

TEST(Remarks, TheSecondOfTwoEqualBoardsIsADuplicateWhateverItsTitle) {
  const ParsedFile file = test::parsed("'A'\n#####\n#@$.#\n#####\n\n'B'\n #####\n #@$.#\n #####\n\n#####\n#.$@#\n#####\n");
  ASSERT_EQ(file.levels.size(), 3u);
  EXPECT_EQ(file.levels[0].warnings, Warnings{});
  EXPECT_EQ(file.levels[1].warnings, (Warnings{LevelWarning::duplicate}));
  EXPECT_EQ(file.levels[2].warnings, Warnings{});
}

}  // namespace
}  // namespace boxwarp
