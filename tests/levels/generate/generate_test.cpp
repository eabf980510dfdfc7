// Generated levels: the syntax that names them, its errors, and levels as sets hold them.
#include "levels/generate/generate.hpp"

#include <gtest/gtest.h>

#include "levels/error.hpp"
#include "levels/level_set.hpp"
#include "levels/statistics.hpp"
#include "tests/levels/parsed.hpp"

namespace boxwarp {
namespace {

std::string message_of(const std::string& text) {
  try {
    parse_generated(text);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& text, const std::string& part) { return message_of(text).find(part) != std::string::npos; }

TEST(Generate, EveryKeyIsRead) {
  const GenerateOptions options =
      parse_generated("generated:size=8x12,boxes=3,count=20,seed=18446744073709551615,moves=10-90,turns=2,walk=55,first=7");
  EXPECT_EQ(options.play.height, 8);
  EXPECT_EQ(options.play.width, 12);
  EXPECT_EQ(options.play.boxes, 3);
  EXPECT_EQ(options.play.min_moves, 10);
  EXPECT_EQ(options.play.max_moves, 90);
  EXPECT_EQ(options.play.min_turns, 2);
  EXPECT_EQ(options.play.walk, 55);
  EXPECT_EQ(options.count, 20);
  EXPECT_EQ(options.first, 7);
  EXPECT_EQ(options.seed, ~std::uint64_t{0});
  EXPECT_EQ(to_string(options),
            "generated:size=8x12,boxes=3,count=20,seed=18446744073709551615,moves=10-90,turns=2,walk=55,first=7");
}

TEST(Generate, WhatIsLeftOutIsChosenAndCanBeWrittenDown) {
  for (const char* text : {"generated:count=3", "generated:count=3,size=10x10,boxes=4", "generated:count=3,size=3x5",
                           "generated:count=3,size=64x64,boxes=50"}) {
    const std::string whole = to_string(parse_generated(text));
    EXPECT_EQ(to_string(parse_generated(whole)), whole);
    const LevelSet brief = load_levels({text}), written = load_levels({whole});
    ASSERT_EQ(brief.size(), 3);
    for (std::int64_t id = 0; id < 3; ++id) EXPECT_EQ(to_text(brief.level(id)), to_text(written.level(id)));
  }
}

TEST(Generate, MistakesAreToldTogetherWithWhatIsAllowed) {
  const std::string text = "generated:size=2x9,boxes=none,colour=red,count=0,seed=-1,moves=9-3,turns";
  for (const char* part :
       {"size=2x9: expected HEIGHTxWIDTH", "boxes=none: expected a whole number from 1", "colour: no such key",
        "the keys are size, boxes, count, seed, moves, turns, walk, first", "count=0: expected", "seed=-1: expected",
        "moves=9-3: expected LEAST:MOST", "\"turns\": expected key=value"}) {
    EXPECT_TRUE(says(text, part)) << part;
  }
}

TEST(Generate, SizesWithoutALevelAreRefused) {
  EXPECT_TRUE(says("generated:size=3x4", "no room"));
  EXPECT_TRUE(says("generated:size=4x4", "no room"));
  EXPECT_TRUE(says("generated:size=5x5,boxes=5", "no room"));
  EXPECT_EQ(message_of("generated:size=3x5"), "");
}

TEST(Generate, OptionsThatNoRoomMeetsEndWithAnErrorThatNamesThem) {
  const GenerateOptions options = parse_generated("generated:size=5x5,boxes=4,seed=1");
  try {
    generate_level(options, 1, 3);
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("no level 3 in 10000 rooms"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("boxes=4"), std::string::npos);
  }
}

TEST(Generate, ALevelDoesNotDependOnTheOthers) {
  const LevelSet all = load_levels({"generated:size=8x8,boxes=2,count=50,seed=9"});
  const LevelSet some = load_levels({"generated:size=8x8,boxes=2,count=5,seed=9,first=40"});
  for (std::int64_t i = 0; i < 5; ++i) EXPECT_EQ(to_text(some.level(i)), to_text(all.level(40 + i)));
}

TEST(Generate, LevelsPassTheLoaderWithoutARemark) {
  const LevelSet set = load_levels({"generated:size=9x7,boxes=2,count=300,seed=2"});
  std::string text;
  for (std::int64_t id = 0; id < set.size(); ++id) text += text_entry(set.level(id), id);
  const ParsedFile file = test::parsed(text);
  EXPECT_TRUE(file.errors.empty());
  ASSERT_EQ(file.levels.size(), 300u);
  for (std::size_t i = 0; i < file.levels.size(); ++i) {
    EXPECT_EQ(to_text(file.levels[i].level), to_text(set.level(static_cast<std::int64_t>(i))));
    EXPECT_TRUE(file.levels[i].warnings.empty() || file.levels[i].warnings[0] == LevelWarning::duplicate);
  }
}

TEST(Generate, RoomsHaveInnerWallsAndDiffer) {
  const SetStatistics ten = statistics_of(load_levels({"generated:size=10x10,boxes=4,count=2000,seed=1"}));
  EXPECT_NEAR(ten.floor_mean, 31.7, 1.5) << "Boxoban's rooms have 31.7 cells of 64";
  EXPECT_NEAR(ten.floor_sd, 6.5, 1.0);
  EXPECT_GT(ten.layouts, 1900);
  const SetStatistics seven = statistics_of(load_levels({"generated:size=7x7,count=2000,seed=1"}));
  EXPECT_LT(seven.floor_mean, 17) << "of 25";
  EXPECT_GT(seven.layouts, 700) << "up to symmetry";
}

}  // namespace
}  // namespace boxwarp
