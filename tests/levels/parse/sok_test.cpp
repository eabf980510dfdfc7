// What .sok files add to text: letters for player and boxes, comments of several lines, keys below a board.
#include <gtest/gtest.h>

#include "levels/parse/format.hpp"
#include "tests/levels/parsed.hpp"

namespace boxwarp {
namespace {

using test::joined;
using test::Lines;

ParsedFile sok(const Lines& lines) { return parse_text("a.sok", joined(lines), Format::sok); }

TEST(Sok, LettersStandForPlayerAndBoxes) {
  const ParsedFile file = sok({"#######", "#p-b_.#", "#######", "", "#######", "#P-b B#", "#######"});
  ASSERT_EQ(file.levels.size(), 2u);
  EXPECT_EQ(to_text(file.levels[0].level), (Lines{"#######", "#@ $ .#", "#######"}));
  EXPECT_EQ(to_text(file.levels[1].level), (Lines{"#######", "#+ $ *#", "#######"}));
}

TEST(Sok, LettersOpenABoardToo) {
  const ParsedFile file = sok({"b ##", "####", "#p#", "####"});
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(file.errors[0].line, 1);
  EXPECT_EQ(test::parsed("b ##\n#####\n#@$.#\n#####\n").levels.at(0).line, 2) << "but not in other texts";
}

TEST(Sok, RunLengthsTakeLettersAsWell) {
  const ParsedFile file = sok({"6#|#p-b.#|6#"});
  ASSERT_EQ(file.levels.size(), 1u);
  EXPECT_EQ(to_text(file.levels[0].level), (Lines{"######", "#@ $.#", "######"}));
}

TEST(Sok, OtherLettersAreBadCharacters) {
  const ParsedFile file = sok({"#####", "#pbx.#", "#####"});
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(file.errors[0].kind, LevelErrorKind::bad_character);
  EXPECT_EQ(file.errors[0].column, 4);
  EXPECT_NE(file.errors[0].message.find("pPbB"), std::string::npos);
}

TEST(Sok, CommentsHideWhatTheyHold) {
  const Lines board{"#####", "#@$.#", "#####"};
  Lines lines{":: a comment", "Title: First", "Comment:", "not a board:", "#####", "", "Title: none", "comment-END:"};
  lines.insert(lines.end(), board.begin(), board.end());
  lines.insert(lines.end(), {"Comment: begins here", "#####", "Comment-End:", ""});
  lines.insert(lines.end(), board.begin(), board.end());
  const ParsedFile file = sok(lines);
  EXPECT_TRUE(file.errors.empty());
  ASSERT_EQ(file.levels.size(), 2u);
  EXPECT_EQ(file.levels[0].level.title, "First");
  EXPECT_EQ(file.levels[0].line, 9);
  EXPECT_EQ(file.levels[1].level.title, "");
  EXPECT_EQ(file.levels[1].line, 16);
}

TEST(Sok, ACommentWithoutAnEndIsToldWhereItBegins) {
  const Lines lines{"#####", "#@$.#", "#####", "", "Comment:", "#####", "#@ .#", "#####"};
  for (const Format format : {Format::sok, Format::xsb}) {
    const ParsedFile file = parse_text("a", joined(lines), format);
    EXPECT_EQ(file.levels.size(), 1u);
    ASSERT_EQ(file.errors.size(), 1u);
    EXPECT_EQ(file.errors[0].kind, LevelErrorKind::unterminated_comment);
    EXPECT_EQ(file.errors[0].ordinal, 0);
    EXPECT_EQ(file.errors[0].line, 5);
    EXPECT_EQ(file.errors[0].column, 1);
  }
}

TEST(Sok, OutsideOfSokFilesACommentWithTextIsOneLine) {
  const Lines lines{"Comment: by hand", "#####", "#@$.#", "#####"};
  EXPECT_EQ(test::parsed(joined(lines)).levels.size(), 1u);
  const ParsedFile file = sok(lines);
  EXPECT_TRUE(file.levels.empty());
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(file.errors[0].kind, LevelErrorKind::unterminated_comment);
}

TEST(Sok, ATitleBelowItsBoardNamesItIfNoBoardFollowsAtOnce) {
  const Lines board{"#####", "#@$.#", "#####"};
  const auto titles = [&](const Lines& above, const Lines& between, const Lines& below) {
    Lines lines = above;
    for (const Lines& part : {board, between, board, below}) lines.insert(lines.end(), part.begin(), part.end());
    Lines all;
    for (const ParsedLevel& level : sok(lines).levels) all.push_back(level.level.title);
    return all;
  };
  EXPECT_EQ(titles({}, {"Title: One", "Author: A", ""}, {"Author: B", "Title: Two"}), (Lines{"One", "Two"}));
  EXPECT_EQ(titles({"; 1"}, {"Title: One", "", "; 2"}, {}), (Lines{"One", ""}));
  EXPECT_EQ(titles({"Title: One"}, {"Title: Two"}, {}), (Lines{"One", "Two"})) << "directly above the next";
  EXPECT_EQ(titles({"Title: One", ""}, {"", "Title: Two", ""}, {}), (Lines{"One", "Two"})) << "a blank line above it";
  EXPECT_EQ(titles({"Title: One"}, {"Title: Two", ""}, {}), (Lines{"One", "Two"})) << "the first has a title already";
  EXPECT_EQ(titles({}, {"; Two", ""}, {}), (Lines{"", "Two"})) << "only keys";
}

TEST(Sok, ARejectedLevelGetsItsTitleFromBelowToo) {
  const ParsedFile file = sok({"#####", "#@ .#", "#####", "Title: Bad", ""});
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(file.errors[0].title, "Bad");
}

TEST(Format, IsKnownByTheFirstBytesElseByTheEnding) {
  EXPECT_EQ(format_of("a.txt", "#####"), Format::xsb);
  EXPECT_EQ(format_of("a", ""), Format::xsb);
  EXPECT_EQ(format_of("a.sok", ""), Format::sok);
  EXPECT_EQ(format_of("A.SOK", ""), Format::sok);
  EXPECT_EQ(format_of("a.rle", "#####"), Format::rle);
  EXPECT_EQ(format_of("a.slc", "#####"), Format::slc);
  EXPECT_EQ(format_of("a.txt", " \n<?xml version=\"1.0\"?>"), Format::slc);
  EXPECT_EQ(format_of("a.txt", "\xef\xbb\xbf<SokobanLevels>"), Format::slc);
  EXPECT_EQ(format_of("a.txt", "<html>"), Format::xsb);
  EXPECT_EQ(format_of("a.boxwarp", "<?xml"), Format::packed);
  EXPECT_EQ(format_of("sok", ""), Format::xsb);
}

}  // namespace
}  // namespace boxwarp
