// The texts that name levels drawn from starts.
#include "levels/generate/start_source.hpp"

#include <gtest/gtest.h>

#include "levels/error.hpp"

namespace boxwarp {
namespace {

std::string message_of(std::string_view text) {
  try {
    parse_starts(text);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

TEST(StartSource, EveryKeyIsRead) {
  const StartSource source =
      parse_starts("generated:size=8x9,boxes=2,pushes=6:9,boards=500,walk=30,count=12,first=40,seed=7");
  EXPECT_EQ(source.options.height, 8);
  EXPECT_EQ(source.options.width, 9);
  EXPECT_EQ(source.options.boxes, 2);
  EXPECT_EQ(source.options.min_pushes, 6);
  EXPECT_EQ(source.options.max_pushes, 9);
  EXPECT_EQ(source.options.boards, 500);
  EXPECT_EQ(source.options.walk, 30);
  EXPECT_EQ(source.count, 12);
  EXPECT_EQ(source.first, 40);
  EXPECT_EQ(source.seed, 7u);
  EXPECT_EQ(to_string(source.options, source.seed), "generated:size=8x9,boxes=2,walk=30,pushes=6:9,boards=500,seed=7");
}

TEST(StartSource, ATextTellsWhetherItSaysHowMany) {
  EXPECT_FALSE(parse_starts("generated:like=boxoban,seed=7").has_count);
  EXPECT_TRUE(parse_starts("generated:count=12,like=boxoban").has_count);
}

TEST(StartSource, MistakesAreToldAllAtOnce) {
  const std::string message = message_of("generated:pushes=9:6,boards=0,moves=3-4,hardest=2");
  for (const char* part : {"pushes: found '9:6'", "boards=0", "moves: only reverse play", "hardest=2: expected 1"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
  EXPECT_NE(message_of("generated:like=hard,size=8x8").find("like decides size"), std::string::npos);
  EXPECT_NE(message_of("generated:like=hard,hardest=1").find("takes one of like, pushes and hardest"), std::string::npos);
}

}  // namespace
}  // namespace boxwarp
