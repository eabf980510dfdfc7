// Boards in run lengths: what they decode to, where a mistake is told, and which texts are taken for them.
#include "levels/parse/run_length.hpp"

#include <gtest/gtest.h>

#include "tests/levels/parsed.hpp"

namespace boxwarp {
namespace {

using test::joined;
using test::Lines;
using Columns = std::vector<std::size_t>;

std::vector<DecodedRow> decoded(std::string_view line) {
  return std::get<std::vector<DecodedRow>>(decode_run_lengths(line));
}

Lines cells_of(std::string_view line) {
  Lines rows;
  for (const DecodedRow& row : decoded(line)) rows.push_back(row.cells);
  return rows;
}

void expect_error(std::string_view line, LevelErrorKind kind, std::size_t column) {
  const auto result = decode_run_lengths(line);
  const auto* error = std::get_if<RunLengthError>(&result);
  ASSERT_NE(error, nullptr) << line;
  EXPECT_EQ(name(error->kind), name(kind)) << line;
  EXPECT_EQ(error->column, column) << line;
  EXPECT_FALSE(error->message.empty());
}

TEST(RunLength, NumbersRepeatTheNextCharacterAndBarsEndRows) {
  EXPECT_EQ(cells_of("7#|#.@-#-#|#$*-$-#|#3-$-#|#-2.--#|#2-*--#|7#"),
            (Lines{"#######", "#.@-#-#", "#$*-$-#", "#---$-#", "#-..--#", "#--*--#", "#######"}));
  EXPECT_EQ(cells_of("12#"), (Lines{"############"}));
  EXPECT_EQ(cells_of("4#|2#||#|"), (Lines{"####", "##", "", "#"})) << "a bar at the end of the line begins no row";
}

TEST(RunLength, GroupsRepeatAsAWhole) {
  EXPECT_EQ(cells_of("2(-#)"), (Lines{"-#-#"}));
  EXPECT_EQ(cells_of("#2($2(.#))#"), (Lines{"#$.#.#$.#.##"}));
  EXPECT_EQ(cells_of("2(3#|)1(@)"), (Lines{"###", "###", "@"}));
}

TEST(RunLength, EveryCellKnowsItsColumn) {
  const std::vector<DecodedRow> rows = decoded("3#@|2(-#)");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].columns, (Columns{2, 2, 2, 3}));
  EXPECT_EQ(rows[1].columns, (Columns{7, 8, 7, 8}));
}

TEST(RunLength, ZeroAndWhatIsMissingAreBadRunLengths) {
  for (const char* line : {"##0#", "##0(#)", "##00#", "##5", "##5|#", "##2(", "##2(#", "##2()", "##2(#2)", "##(#)", "##)"}) {
    expect_error(line, LevelErrorKind::bad_run_length, line == std::string_view("##2(#2)") ? 6 : 3);
  }
  expect_error("2(2(#)", LevelErrorKind::bad_run_length, 1);
}

TEST(RunLength, NothingGrowsWithoutBound) {
  expect_error("#99999999999999999999999999#", LevelErrorKind::too_large, 28);
  expect_error("9(9(9(9(9(9(9(9(9(#)))))))))", LevelErrorKind::too_large, 9);
  EXPECT_EQ(cells_of("16384-").at(0).size(), kMostDecodedCells);
  expect_error("16385-", LevelErrorKind::too_large, 6);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "1(";
  expect_error(deep, LevelErrorKind::bad_run_length, 199'999);
}

TEST(RunLength, ABoardIsTooLargeWhereItsLinesTogetherAre) {
  const auto expect = [](const Lines& lines, std::int64_t line, std::int64_t column) {
    const ParsedFile file = parse_text("test", joined(lines), Format::rle);
    EXPECT_TRUE(file.levels.empty());
    ASSERT_EQ(file.errors.size(), 1u);
    EXPECT_EQ(name(file.errors[0].kind), "too_large");
    EXPECT_EQ(file.errors[0].line, line);
    EXPECT_EQ(file.errors[0].column, column);
  };
  expect({"10000#", "6000#", "300#|100#"}, 3, 9);
  expect({"16384#", "#"}, 2, 1);
  expect(Lines(100, "200(-|)#"), 41, 1);
  // Each board has the room anew.
  const Lines room{"8000-|8000-|3-5#", "3-#@$.#", "3-5#", ""};
  EXPECT_EQ(parse_text("test", joined(room) + joined(room), Format::rle).levels.size(), 2u);
}

Lines rows_of(std::string_view text, Format format = Format::xsb) {
  const ParsedFile file = parse_text("test", text, format);
  EXPECT_TRUE(file.errors.empty()) << text;
  return file.levels.size() == 1 ? to_text(file.levels[0].level) : Lines{};
}

TEST(RunLength, BoardsAreKnownByTheirFirstLine) {
  const Lines room{"######", "#@ $.#", "######"};
  EXPECT_EQ(rows_of("6#|#@-$.#|6#"), room);
  EXPECT_EQ(rows_of("6#|#@ $.#|6#"), room) << "blanks are floor, too";
  EXPECT_EQ(rows_of("6#\n#@-$.#\n6#\n"), room) << "a line a row";
  EXPECT_EQ(rows_of("2-4#|3#@-#|#-$.2#|6#"), (Lines{"######", "###@ #", "# $.##", "######"}));
  EXPECT_EQ(rows_of("######|#@-$.#\n6#\n"), room);
  EXPECT_EQ(rows_of("; 1\n--6#\n--#@-$.#\n--6#\n\n"), room);
}

TEST(RunLength, InOtherBoardsDigitsAreBadCharactersButNotInRleFiles) {
  const std::string text = joined(Lines{"######", "#@1-$.#", "6#"});
  const LevelError error = test::only_error(text);
  EXPECT_EQ(error.kind, LevelErrorKind::bad_character);
  EXPECT_EQ(error.line, 2);
  EXPECT_EQ(error.column, 3);
  EXPECT_EQ(rows_of(text, Format::rle), (Lines{"######", "#@ $.#", "######"}));
  EXPECT_EQ(rows_of("6#\n#@1 $.#\n6#\n", Format::rle), (Lines{"######", "#@ $.#", "######"})) << "blanks are floor there";
}

TEST(RunLength, ProseWithNumbersAndDigitsAloneAreNoBoards) {
  for (const char* text : {"12", "Level 7 #", "7 # of 12", "7 #", "1|2|3", "(5)"}) {
    EXPECT_EQ(test::only_error(std::string_view(text)).kind, LevelErrorKind::no_level) << text;
  }
}

TEST(RunLength, ErrorsStandWhereTheTextHasThem) {
  const auto expect = [](std::string_view text, LevelErrorKind kind, std::int64_t line, std::int64_t column, int byte) {
    const LevelError error = test::only_error(text);
    EXPECT_EQ(name(error.kind), name(kind)) << text;
    EXPECT_EQ(error.line, line) << text;
    EXPECT_EQ(error.column, column) << text;
    EXPECT_EQ(error.byte ? int{*error.byte} : -1, byte) << text;
    EXPECT_EQ(error.ordinal, 1);
  };
  expect("'A'\n6#|#@0-$.#|6#\n", LevelErrorKind::bad_run_length, 2, 6, '0');
  expect("6#\n#@-$.#\n6\n", LevelErrorKind::open_wall, 2, 2, '@');  // "6" alone ends the board
  expect("6#|#@-$.#|6", LevelErrorKind::bad_run_length, 1, 11, '6');
  expect("6#|#@-$.#|3#@2#", LevelErrorKind::two_players, 1, 13, '@');
  expect("6#\n#@-$.#\n5#x\n", LevelErrorKind::bad_character, 3, 3, 'x');
  expect("6#|#@-$2(.-)|6#", LevelErrorKind::open_wall, 1, 10, '.');
  expect("100#|#@-$.#|6#", LevelErrorKind::too_large, 1, 1, -1);
  expect("6#\n#@-$.#\n20000#\n", LevelErrorKind::too_large, 3, 6, '#');
}

}  // namespace
}  // namespace boxwarp
