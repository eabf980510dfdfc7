// Levels as XML: rows, titles, places of mistakes, encodings, and documents that are none.
#include "levels/parse/slc.hpp"

#include <gtest/gtest.h>

#include "tests/levels/parsed.hpp"

namespace boxwarp {
namespace {

using test::Lines;

const std::string kBegin = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<SokobanLevels>\n<Title>Set</Title>\n";
const std::string kEnd = "</SokobanLevels>\n";

std::string level(const std::string& title, const Lines& rows) {
  std::string text = "<Level Id=\"" + title + "\" Width=\"9\">\n";
  for (const std::string& row : rows) text += "  <L>" + row + "</L>\n";
  return text + "</Level>\n";
}

std::string collection(const std::string& levels) {
  return "<LevelCollection Copyright=\"nobody\">\n" + levels + "</LevelCollection>\n";
}

ParsedFile parsed(const std::string& text) { return parse_slc("a.slc", text); }

void expect_error(const ParsedFile& file, LevelErrorKind kind, std::int64_t line, std::int64_t column,
                  std::int64_t ordinal = 0) {
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(name(file.errors[0].kind), name(kind));
  EXPECT_EQ(file.errors[0].line, line);
  EXPECT_EQ(file.errors[0].column, column);
  EXPECT_EQ(file.errors[0].ordinal, ordinal);
  EXPECT_FALSE(file.errors[0].message.empty());
}

TEST(Slc, LevelsOfAllCollectionsAreReadWithTheirTitles) {
  const ParsedFile file = parsed(kBegin + collection(level(" One &amp; only ", {"#####", "#@$.#", "#####"})) +
                                 collection(level("", {" ######", " #@  $.#", "", "#+ $ #", " #####"}) +
                                            level("Three", {"#####", "<![CDATA[#@$]]>.#", "#####"})) +
                                 kEnd);
  ASSERT_EQ(file.levels.size(), 2u);
  EXPECT_EQ(file.levels[0].level.title, "One & only");
  EXPECT_EQ(file.levels[0].line, 6);
  EXPECT_EQ(to_text(file.levels[0].level), (Lines{"#####", "#@$.#", "#####"}));
  EXPECT_EQ(file.levels[1].ordinal, 3);
  EXPECT_EQ(to_text(file.levels[1].level), (Lines{"#####", "#@$.#", "#####"}));
  expect_error(file, LevelErrorKind::two_players, 16, 7, 2);
  EXPECT_EQ(file.errors[0].byte, '+');
}

TEST(Slc, BlankRowsAreRows) {
  const ParsedFile file = parsed(kBegin + collection(level("", {"", "#####", "#@$.#", "#####", "   "})) + kEnd);
  ASSERT_EQ(file.levels.size(), 1u);
  EXPECT_EQ(file.levels[0].level.height, 3);
  expect_error(parsed(kBegin + collection(level("", {"", "   "})) + kEnd), LevelErrorKind::no_player, 6, 1, 1);
  const ParsedFile gap = parsed(kBegin + collection(level("", {"#####", "#@$.#", "", "#####"})) + kEnd);
  ASSERT_EQ(gap.levels.size(), 1u);
  EXPECT_EQ(to_text(gap.levels[0].level), (Lines{"#####", "#@$.#", "#####", "#####"}));
}

TEST(Slc, ALevelWithoutRowsIsNamedAndTheOthersStay) {
  const ParsedFile file = parsed(kBegin + collection(level("A", {}) + level("B", {"#####", "#@$.#", "#####"})) + kEnd);
  expect_error(file, LevelErrorKind::bad_xml, 5, 2, 1);
  EXPECT_EQ(file.errors[0].title, "A");
  ASSERT_EQ(file.levels.size(), 1u);
  EXPECT_EQ(file.levels[0].ordinal, 2);
}

TEST(Slc, OtherEncodingsAreRead) {
  const std::string rows = collection(level("Caf\xe9", {"#####", "#@$.#", "#####"})) + kEnd;
  const ParsedFile latin = parsed("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<SokobanLevels>\n" + rows);
  ASSERT_EQ(latin.levels.size(), 1u);
  EXPECT_EQ(latin.levels[0].level.title, "Caf\xc3\xa9");
  EXPECT_EQ(latin.levels[0].line, 5);
  const ParsedFile wrong = parsed(kBegin + rows);
  ASSERT_EQ(wrong.levels.size(), 1u);
  EXPECT_EQ(wrong.levels[0].level.title, "Caf\xef\xbf\xbd") << "no UTF-8, whatever it claims";

  std::string wide = "\xff\xfe";
  for (const char byte : "<SokobanLevels>" + collection(level("A", {"#####", "#@$.#", "#####"})) + kEnd) {
    wide += byte;
    wide += '\0';
  }
  const ParsedFile utf16 = parsed(wide);
  ASSERT_EQ(utf16.levels.size(), 1u);
  EXPECT_EQ(utf16.levels[0].line, 0);
}

}  // namespace
}  // namespace boxwarp
