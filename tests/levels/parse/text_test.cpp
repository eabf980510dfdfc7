// The grammar of text: where boards begin and end, line endings, titles, and what each line counts as.
#include "levels/parse/text.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/levels/parsed.hpp"

namespace boxwarp {
namespace {

using test::joined;
using test::Lines;
using test::only_level;
using test::parsed;

const Lines kBoard{"#####", "#@$.#", "#####"};

std::string two_boards(const std::string& separator) { return joined(kBoard) + separator + "\n" + joined(kBoard); }

TEST(Text, EverySeparatorPartsTwoBoards) {
  for (const char* separator :
       {"",   "   ",     "\t", "; 12", ";",      ";name",       "---",        "------",       "'name'",  "\"name\"",
        "::", ":: note", "12", " 12 ", "Title:", "Title: name", "Author: me", "Comment-End:", "; 1\n\n", "--- \n"}) {
    const ParsedFile file = parsed(two_boards(separator));
    EXPECT_EQ(file.levels.size(), 2u) << separator;
    EXPECT_TRUE(file.errors.empty()) << separator;
  }
}

TEST(Text, OtherLinesBelongToTheBoard) {
  // Prose, a key with a space before it, a single colon, two dashes: no separators. The first three hold bad characters.
  for (const char* line : {"some prose", " Title: name", ":", "two words: x", "x12", "1 2", " ; 12"}) {
    const ParsedFile file = parsed(two_boards(line));
    ASSERT_EQ(file.errors.size(), 1u) << line;
    EXPECT_EQ(file.errors[0].kind, LevelErrorKind::bad_character) << line;
    EXPECT_EQ(file.errors[0].line, 4) << line;
    EXPECT_TRUE(file.levels.empty()) << line;
  }
  const ParsedFile file = parsed(two_boards("--"));
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(file.errors[0].kind, LevelErrorKind::two_players);
}

TEST(Text, TwoBoardsWithoutASeparatorAreOneLevelWithTwoPlayers) {
  const LevelError error = test::only_error(joined(kBoard) + joined(kBoard));
  EXPECT_EQ(error.kind, LevelErrorKind::two_players);
  EXPECT_EQ(error.line, 5);
  EXPECT_EQ(error.column, 2);
  EXPECT_EQ(error.byte, '@');
}

TEST(Text, EveryLineEndingGivesTheSameLevelsAndLines) {
  const Lines lines{"; 1", "", "#####", "#@$.#", "#####", "", "; 2", " ####", "##@ #", "# $.#", "#####"};
  for (const char* end : {"\n", "\r", "\r\n"}) {
    for (const bool last_line_ended : {true, false}) {
      for (const char* mark : {"", "\xef\xbb\xbf"}) {
        std::string text = mark + joined(lines, end);
        if (!last_line_ended) text.resize(text.size() - std::string_view(end).size());
        const ParsedFile file = parsed(text);
        ASSERT_EQ(file.levels.size(), 2u);
        EXPECT_TRUE(file.errors.empty());
        EXPECT_EQ(file.levels[0].line, 3);
        EXPECT_EQ(file.levels[1].line, 8);
        EXPECT_EQ(to_text(file.levels[1].level), (Lines{"#####", "##@ #", "# $.#", "#####"}));
      }
    }
  }
}

TEST(Text, MixedLineEndingsEachEndALine) {
  const ParsedFile file = parsed("prose\r\n\n\r#####\r#@$.#\n#####\r\n");
  ASSERT_EQ(file.levels.size(), 1u);
  EXPECT_EQ(file.levels[0].line, 4);
}

TEST(Text, ColumnsCountBytesAfterAByteOrderMark) {
  const LevelError error = test::only_error("\xef\xbb\xbf##\xc3\xa9##\n#@$.#\n#####\n");
  EXPECT_EQ(error.kind, LevelErrorKind::bad_character);
  EXPECT_EQ(error.line, 1);
  EXPECT_EQ(error.column, 3);
  EXPECT_EQ(error.byte, 0xc3);
}

TEST(Text, ALineOfBoardCharactersWithAWallOpensABoard) {
  EXPECT_EQ(only_level({"-####", "-#@.#", "##$ #", "#   #", "#####"}).level.height, 5);
  EXPECT_EQ(only_level({"prose", "  ..", "  $", "12", "--####--", "--#@.#--", "--#$-#--", "--####--"}).line, 5);
  EXPECT_EQ(test::only_error(Lines{"@$.", "   ", "$$$"}).kind, LevelErrorKind::no_level);
}

TEST(Text, AWallAfterBlanksOpensABoardWhateverFollows) {
  const LevelError error = test::only_error(Lines{"  # Heading of a document"});
  EXPECT_EQ(error.kind, LevelErrorKind::bad_character);
  EXPECT_EQ(error.column, 5);
  EXPECT_EQ(error.byte, 'H');
  const LevelError tab = test::only_error(Lines{"\t####", "\t#@.#"});
  EXPECT_EQ(tab.kind, LevelErrorKind::bad_character);
  EXPECT_EQ(tab.column, 1);
  EXPECT_EQ(tab.byte, '\t');
}

TEST(Text, TitlesStandBeforeTheirBoard) {
  const auto title = [](Lines before) {
    before.insert(before.end(), kBoard.begin(), kBoard.end());
    return only_level(before).level.title;
  };
  EXPECT_EQ(title({"; First steps"}), "First steps");
  EXPECT_EQ(title({";First steps", ""}), "First steps");
  EXPECT_EQ(title({"'First steps'"}), "First steps");
  EXPECT_EQ(title({"\"First steps\"", ""}), "First steps");
  EXPECT_EQ(title({"Title: First steps"}), "First steps");
  EXPECT_EQ(title({"; 12", "'Jack's level' by Jack"}), "Jack's level");
  EXPECT_EQ(title({"; 12"}), "");
  EXPECT_EQ(title({"12"}), "");
  EXPECT_EQ(title({"prose"}), "");
  EXPECT_EQ(title({":: note"}), "");
  EXPECT_EQ(title({"Author: somebody"}), "");
  EXPECT_EQ(title({"; About this collection", "---", "; 1"}), "");
  EXPECT_EQ(title({"; About this collection", "; 1"}), "");
  EXPECT_EQ(title({"'Name'", "; a remark", ";Author: somebody"}), "Name");
}

TEST(Text, TitlesWithoutAnEndAreCut) {
  const ParsedFile file = parsed("; " + std::string(1'000'000, 'x') + "\n" + joined(kBoard));
  EXPECT_EQ(file.levels.at(0).level.title, std::string(200, 'x'));
}

TEST(Text, ATitleNamesOneLevelOnly) {
  const ParsedFile file = parsed("'One'\n" + joined(kBoard) + "\n" + joined(kBoard) + "; Three\n" + joined(kBoard));
  ASSERT_EQ(file.levels.size(), 3u);
  EXPECT_EQ(file.levels[0].level.title, "One");
  EXPECT_EQ(file.levels[1].level.title, "");
  EXPECT_EQ(file.levels[2].level.title, "Three");
}

TEST(Text, ProseInOtherEncodingsDoesNoHarm) {
  const ParsedFile file = parsed(
      "Fran\x8d"
      "ois, all rights\xff\n\n'Fran\x8d"
      "ois \xc3\xa9 \xf0\x9f\x93\xa6 \xe2\x82'\n" +
      joined(kBoard));
  ASSERT_EQ(file.levels.size(), 1u);
  EXPECT_EQ(file.levels[0].level.title, "Fran\xef\xbf\xbdois \xc3\xa9 \xf0\x9f\x93\xa6 \xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Text, RejectedLevelsKeepTheirNumberAndTheOthersStay) {
  const ParsedFile file =
      parsed(joined({"; 7", "####", "#@.#", "####", "", "'Bad'", "#####", "#@x.#", "#####", "",  // 2: 'x'
                     "#####", "#@$.#", "#####"}));
  ASSERT_EQ(file.errors.size(), 2u);
  EXPECT_EQ(file.errors[0].kind, LevelErrorKind::no_box);
  EXPECT_EQ(file.errors[0].ordinal, 1);
  EXPECT_EQ(file.errors[1].kind, LevelErrorKind::bad_character);
  EXPECT_EQ(file.errors[1].ordinal, 2);
  EXPECT_EQ(file.errors[1].title, "Bad");
  ASSERT_EQ(file.levels.size(), 1u);
  EXPECT_EQ(file.levels[0].ordinal, 3);
  EXPECT_EQ(described("a.txt", file.errors[1]).substr(0, 28), "a.txt:8:3: level 2 \"Bad\": 'x");
}

TEST(Text, AFileWithoutABoardIsAnErrorOfTheFile) {
  for (const char* text :
       {"", "\n\n", "prose\nmore prose\n", "\xef\xbb\xbf", "; 1\n\n; 2\n", "; 4x4 (walls only in prose)"}) {
    const LevelError error = test::only_error(std::string_view(text));
    EXPECT_EQ(error.kind, LevelErrorKind::no_level);
    EXPECT_EQ(error.ordinal, 0);
    EXPECT_EQ(error.line, 0);
    EXPECT_FALSE(error.byte.has_value());
  }
}

TEST(Text, WhatIsWrittenIsReadAgain) {
  LevelRows level = only_level({"#####", "#+$ #", "# *$#", "# . #", "#####"}).level;
  level.title = "A \"name\" of 'quotes'";
  const ParsedFile file = parsed(text_entry(level, 3) + text_entry(level, 4));
  ASSERT_EQ(file.levels.size(), 2u);
  EXPECT_EQ(file.levels[1].level.title, level.title);
  EXPECT_EQ(to_text(file.levels[1].level), to_text(level));
}

TEST(Text, RandomTextGivesNumberedErrorsAndLevelsThatAreReadTheSameAgain) {
  std::mt19937 random(3);
  const std::string_view bytes = "########     @$$..*+-_\n\n\n\n\r;x'";
  std::int64_t accepted = 0, rejected = 0;
  for (int round = 0; round < 20'000; ++round) {
    // A random text, and every other time one inside a closed room, so that some levels are good.
    std::string text;
    for (int i = 0; i < 60; ++i) text += bytes[random() % bytes.size()];
    if (round % 2 == 1) {
      std::string room = "\n########\n";
      for (int i = 0; i < 18; ++i)
        room += (i % 6 == 0 ? "#" : "") + std::string(1, "    #$.*"[random() % 8]) + (i % 6 == 5 ? "#\n" : "");
      room[11 + random() % 6] = '@';
      text += room + "########\n";
    }
    const ParsedFile file = parsed(text);
    std::set<std::int64_t> ordinals;
    for (const LevelError& error : file.errors) {
      if (error.kind == LevelErrorKind::no_level) continue;
      EXPECT_TRUE(ordinals.insert(error.ordinal).second);
      EXPECT_GE(error.line, 1);
      EXPECT_GE(error.column, 1);
      ++rejected;
    }
    for (const ParsedLevel& level : file.levels) {
      EXPECT_TRUE(ordinals.insert(level.ordinal).second);
      const ParsedFile again = parsed(text_entry(level.level, 1));
      ASSERT_EQ(again.levels.size(), 1u) << text;
      EXPECT_EQ(to_text(again.levels[0].level), to_text(level.level));
      EXPECT_EQ(again.levels[0].level.title, level.level.title);
      ++accepted;
    }
    if (!ordinals.empty()) {
      EXPECT_EQ(*ordinals.rbegin(), static_cast<std::int64_t>(ordinals.size())) << "numbers without a gap";
    }
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(rejected, 1000);
}

}  // namespace
}  // namespace boxwarp
