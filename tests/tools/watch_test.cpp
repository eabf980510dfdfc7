#include <gtest/gtest.h>

#include "tests/tools/read_picture.hpp"
#include "tests/tools/small_agent.hpp"

namespace boxwarp {
namespace {

constexpr int kTile = 16, kStrip = 8;

TEST(Watch, WithoutATerminalEveryBoardIsPrintedPlain) {
  const test::SmallAgent agent;
  const test::Output output = test::boxwarp(agent.arguments("watch", {"--cap", "9"}));
  ASSERT_EQ(output.status, 0) << output.err;
  EXPECT_EQ(output.out,
            "######\n#@$ .#\n######\nstep 0 of 9\n\n"
            "######\n# @$.#\n######\nstep 1 of 9  right  reward -0.1  return -0.1\n\n"
            "######\n#  @*#\n######\nstep 2 of 9  right  reward 10.9  return 10.8\n\n"
            "level 1 (first): solved in 2 steps, return 10.8\n");
}

TEST(Watch, RulesAreOptionsAndNoOpIsNamed) {
  const test::SmallAgent agent;
  test::write_agent(agent.weights, 5, test::kNoOp);
  const test::Output idle = test::boxwarp(agent.arguments("watch", {"--cap", "1", "--no-op"}));
  EXPECT_NE(idle.out.find("step 1 of 1  no_op  reward -0.1"), std::string::npos) << idle.out;
  EXPECT_EQ(test::boxwarp(agent.arguments("watch")).status, 2);
  test::write_agent(agent.weights, 4, test::kRight);
  test::write_text(agent.levels, "######\n#    #\n#@ $ #\n#  . #\n######\n");
  const test::Output dead = test::boxwarp(agent.arguments("watch", {"--end-on-deadlock", "--hide"}));
  EXPECT_EQ(dead.out, "level 1: not solved in 2 steps, return -0.2\n") << dead.err;
}

TEST(Watch, ThinkingIsShownBeforeTheFirstMove) {
  const test::SmallAgent agent;
  const test::Output output = test::boxwarp(agent.arguments("watch", {"--think", "2", "--level", "1"}));
  ASSERT_EQ(output.status, 0) << output.err;
  EXPECT_TRUE(output.out.starts_with("thinking 1 of 2\n\nthinking 2 of 2\n\n######\n#@$ .#\n")) << output.out;
}

TEST(Watch, LevelsCountFromOne) {
  const test::SmallAgent agent;
  const test::Output second = test::boxwarp(agent.arguments("watch", {"--level", "2", "--cap", "5", "--hide"}));
  EXPECT_EQ(second.out, "level 2 (second): not solved in 5 steps, return -0.5\n");
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"--level", "0"}, {"--level", "3"}, {"--level", "2", "--episodes", "2"}}) {
    const test::Output output = test::boxwarp(agent.arguments("watch", options));
    EXPECT_EQ(output.status, 2) << options[1];
    EXPECT_NE(output.err.find("--level"), std::string::npos) << output.err;
  }
}

TEST(Watch, OnATerminalFramesLieOverOneAnotherInColours) {
  const test::SmallAgent agent;
  const test::Output output = test::boxwarp_in_terminal(agent.arguments("watch", {"--fps", "50", "--quiet"}));
  ASSERT_EQ(output.status, 0) << output.out;
  EXPECT_EQ(test::count_of(output.out, "\033[4A"), 2) << "three boards of three rows and a line";
  EXPECT_NE(output.out.find("\033[48;2;"), std::string::npos);
  EXPECT_NE(output.out.find("solved in 2 steps"), std::string::npos);
  const test::Output plain = test::boxwarp_in_terminal(agent.arguments("watch", {"--fps", "50", "--quiet"}), {"NO_COLOR=1"});
  EXPECT_EQ(plain.out.find('\033'), std::string::npos) << plain.out;
  EXPECT_NE(plain.out.find("# @$.#"), std::string::npos) << plain.out;
}

TEST(Watch, TheGifHoldsEveryMomentOfAllEpisodes) {
  const test::SmallAgent agent;
  const std::string path = agent.folder / "play.gif";
  const test::Output output = test::boxwarp(agent.arguments(
      "watch", {"--episodes", "2", "--think", "3", "--cap", "7", "--fps", "10", "--tile", "16", "--hide", "--gif", path}));
  ASSERT_EQ(output.status, 0) << output.err;
  const test::GifRead gif = test::read_gif(path);
  EXPECT_TRUE(gif.loops);
  // Thinking, the first board and one for each step: three and one and two, three and one and seven.
  ASSERT_EQ(gif.frames.size(), std::size_t{3 + 1 + 2 + 3 + 1 + 7});
  EXPECT_EQ(gif.frames[0].width, 7 * kTile);
  EXPECT_EQ(gif.frames[0].height, 5 * kTile + kStrip);
  EXPECT_EQ(gif.delays_ms[1], 100);
  EXPECT_GE(gif.delays_ms[5], 1000) << "a pause at the end of the first episode";
  EXPECT_GE(gif.delays_ms.back(), 1000);
  // Thinking changes the strip only, and each step to the right the tiles that it touches.
  const auto differing_tiles = [&gif](std::size_t a, std::size_t b, int rows) {
    int count = 0;
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < 7; ++column) {
        bool differs = false;
        for (int y = row * kTile; y < (row + 1) * kTile; ++y) {
          for (int x = column * kTile; x < (column + 1) * kTile; ++x)
            differs |= gif.frames[a].at(x, y) != gif.frames[b].at(x, y);
        }
        count += differs;
      }
    }
    return count;
  };
  EXPECT_EQ(differing_tiles(6, 7, 5), 0);
  EXPECT_NE(gif.frames[6].pixels, gif.frames[7].pixels);
  EXPECT_EQ(differing_tiles(9, 10, 5), 2);
  EXPECT_EQ(differing_tiles(9, 13, 5), 2) << "from the first cell to the last";
  EXPECT_EQ(differing_tiles(15, 16, 5), 0) << "the wall blocks, only the strip goes on";
}

TEST(Watch, ThePngShowsFirstAndLastBoard) {
  const test::SmallAgent agent;
  const std::string path = agent.folder / "play.png";
  ASSERT_EQ(test::boxwarp(agent.arguments("watch", {"--tile", "16", "--hide", "--png", path})).status, 0);
  const test::PictureRead sheet = test::read_png(path);
  // Three boards of 6x3 in a row, with gaps of half a tile.
  const int width = 6 * kTile, height = 3 * kTile + kStrip, gap = kTile / 2;
  EXPECT_EQ(sheet.width, 3 * width + 4 * gap);
  EXPECT_EQ(sheet.height, height + 2 * gap);
  EXPECT_GT(sheet.colours(), 20u);
  const auto tile = [&](int board, int column) {
    std::vector<test::Pixel> pixels;
    for (int y = 0; y < kTile; ++y) {
      for (int x = 0; x < kTile; ++x) {
        pixels.push_back(sheet.at(gap + board * (width + gap) + column * kTile + x, gap + kTile + y));
      }
    }
    return pixels;
  };
  EXPECT_EQ(tile(0, 1), tile(1, 2)) << "the player moved one cell";
  EXPECT_EQ(tile(0, 2), tile(1, 3)) << "and so did the box";
  EXPECT_NE(tile(1, 3), tile(2, 4)) << "which looks different on a target";
  EXPECT_EQ(tile(0, 5), tile(2, 5)) << "walls stay";
}

TEST(Watch, ExistingPicturesStay) {
  const test::SmallAgent agent;
  for (const std::string& option : {std::string("gif"), std::string("png")}) {
    const std::string path = agent.folder / "kept";
    test::write_text(path, "mine");
    const test::Output output = test::boxwarp(agent.arguments("watch", {"--hide", "--" + option, path}));
    EXPECT_EQ(output.status, 2);
    EXPECT_NE(output.err.find("--" + option), std::string::npos) << output.err;
    EXPECT_EQ(test::content(path), "mine");
  }
}

}  // namespace
}  // namespace boxwarp
