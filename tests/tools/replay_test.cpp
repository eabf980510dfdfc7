// boxwarp replay and play: moves checked, shown, made by hand and kept.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/read_picture.hpp"
#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

using test::Folder;
using test::Output;

struct TwoLevels {
  Folder folder;
  std::string path = folder / "two.txt";
  TwoLevels() { test::write_text(path, "; First\n######\n#@$ .#\n######\n\n; 2\n######\n#@ $.#\n#    #\n######\n"); }

  Output run(std::vector<std::string> arguments, const std::string& keys = {}) const {
    arguments.insert(arguments.begin() + 1, {"--levels", path});
    return test::boxwarp(arguments, {}, keys);
  }
};

TEST(Replay, ASolutionIsShownMoveByMove) {
  const TwoLevels levels;
  const Output output = levels.run({"replay", "--moves", "RR"});
  EXPECT_EQ(output.status, 0) << output.err;
  EXPECT_EQ(output.out,
            "######\n#@$ .#\n######\nstep 0 of 2\n\n"
            "######\n# @$.#\n######\nstep 1 of 2  right  reward -0.1  return -0.1\n\n"
            "######\n#  @*#\n######\nstep 2 of 2  right  reward 10.9  return 10.8\n\n"
            "level 1 (First): solved in 2 steps, return 10.8\n");
}

TEST(Replay, MovesThatDoNotSolveEndWithStatusTwo) {
  const TwoLevels levels;
  const Output output = levels.run({"replay", "--moves", "dr", "--level", "2", "--json"});
  EXPECT_EQ(output.status, 2);
  const auto replay = nlohmann::json::parse(output.out)["replays"][0];
  EXPECT_EQ(replay["level"], 2);
  EXPECT_EQ(replay["moves"], 2);
  EXPECT_EQ(replay["solved"], false);
  EXPECT_NEAR(replay["return"].get<double>(), -0.2, 1e-6);
  EXPECT_EQ(levels.run({"replay", "--moves", "d", "--level", "2", "--hide"}).out,
            "level 2: not solved in 1 step, return -0.1\n");
}

TEST(Replay, MovesThatCannotBeMadeAreNamed) {
  const TwoLevels levels;
  const auto error = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "replay");
    const Output output = levels.run(arguments);
    EXPECT_EQ(output.status, 2);
    EXPECT_EQ(output.out, "");
    return output.err;
  };
  const auto has = [](const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(has(error({"--moves", "RRR"}), "level 1: move 3 'R' cannot be made"));
  EXPECT_TRUE(has(error({"--moves", "Rr"}), "level 1: move 2 'r' pushes a box; write a capital"));
  EXPECT_TRUE(has(error({"--moves", "RL"}), "level 1: move 2 'L' pushes no box"));
  EXPECT_TRUE(has(error({"--moves", "Rx"}), "--moves:1:2: this is no move"));
  EXPECT_TRUE(has(error({"--moves", "R", "--level", "3"}), "--level: found '3'"));
  EXPECT_TRUE(has(error({}), "--lurd FILE or by --moves"));
  EXPECT_TRUE(has(error({"--lurd", levels.folder / "none"}), "cannot read"));
  test::write_text(levels.folder / "a.lurd", "; 3\nR\n");
  EXPECT_TRUE(has(error({"--lurd", levels.folder / "a.lurd"}), "moves for level 3, but there are 2"));
  EXPECT_TRUE(has(error({"--lurd", levels.folder / "a.lurd", "--level", "1"}), "has no moves for level 1"));
}

TEST(Replay, MovesInSmallLettersSayNothingAboutPushes) {
  const TwoLevels levels;
  EXPECT_EQ(levels.run({"replay", "--moves", "rr", "--hide"}).out, "level 1 (First): solved in 2 steps, return 10.8\n");
}

TEST(Replay, PicturesAreWritten) {
  const TwoLevels levels;
  test::write_text(levels.folder / "a.lurd", "; 1\nRR\n; 2\nrR\n");
  const std::string gif = levels.folder / "a.gif", png = levels.folder / "a.png";
  const Output output = levels.run({"replay", "--lurd", levels.folder / "a.lurd", "--hide", "--gif", gif, "--png", png});
  EXPECT_EQ(output.status, 0) << output.err;
  EXPECT_EQ(test::read_gif(gif).frames.size(), 6u);
  EXPECT_GT(test::read_png(png).colours(), 10u);
  EXPECT_EQ(levels.run({"replay", "--moves", "RR", "--gif", gif}).status, 2) << "never overwritten";
}

TEST(Play, KeysMoveUndoRestartAndTheMovesCanBeReplayed) {
  const TwoLevels levels;
  const std::string out = levels.folder / "played.lurd";
  // Level 1: right, back, right, right; solved, so that more does nothing. Level 2: arrows; begun again.
  const Output output = levels.run({"play", "--out", out}, "luldlldn\x1b[B\x1b[Arr\x1b[C\x1b[1;2Cq");
  EXPECT_EQ(output.status, 0) << output.err;
  EXPECT_EQ(output.out,
            "level 1 of 2 (First): solved in 2 moves, 2 pushes\nlevel 2 of 2: solved in 2 moves, 1 push\n" + out + "\n");
  EXPECT_EQ(test::content(out), "; 1\nTitle: First\nRR\n\n; 2\nrR\n\n");
  EXPECT_EQ(levels.run({"replay", "--lurd", out, "--hide"}).status, 0);
  EXPECT_EQ(levels.run({"play", "--out", out}).status, 2) << "never overwritten";
}

TEST(Play, WithoutAFileTheMovesArePrinted) {
  const TwoLevels levels;
  const Output output = levels.run({"play", "--level", "2"}, "jp\x03");
  EXPECT_EQ(output.status, 130) << "Ctrl-C";
  EXPECT_EQ(output.out, "level 2 of 2: 1 move, 0 pushes\n; 2\nd\n\n");
  const Output ended = levels.run({"play", "--level", "2"}, "j");
  EXPECT_EQ(ended.status, 0) << "the end of the input ends it";
  EXPECT_EQ(ended.out, output.out);
  const Output nothing = levels.run({"play"}, "");
  EXPECT_EQ(nothing.status, 2);
  EXPECT_EQ(nothing.err, "boxwarp: play: standard input is empty; it takes keys, from a terminal or as text\n");
}

TEST(Play, OnATerminalTheBoardIsDrawnInPlace) {
  const TwoLevels levels;
  const Output output = test::boxwarp_in_terminal({"play", "--levels", levels.path}, {}, "\x1b[C\x1bOCq");
  EXPECT_EQ(output.status, 0);
  EXPECT_EQ(test::count_of(output.out, "\033[5A"), 2) << "three boards of three rows, a status and the keys";
  EXPECT_NE(output.out.find("\033[48;2;"), std::string::npos);
  EXPECT_NE(output.out.find("level 1 of 2 (First): solved in 2 moves, 2 pushes"), std::string::npos);
  EXPECT_NE(output.out.find("; 1\r\nTitle: First\r\nRR\r\n"), std::string::npos) << output.out;
}

TEST(Play, ASignalKeepsTheMovesAndSetsTheTerminalRight) {
  const TwoLevels levels;
  for (const int signal : {SIGTERM, SIGHUP, SIGINT}) {
    const Output output =
        test::boxwarp_in_terminal({"play", "--levels", levels.path}, {}, "\x1b[C", signal, "1 move, 1 push");
    EXPECT_EQ(output.status, 130) << signal;
    EXPECT_TRUE(output.terminal_as_before) << signal;
    EXPECT_NE(output.out.find("; 1\r\nTitle: First\r\nR\r\n"), std::string::npos) << output.out;
  }
}

TEST(LevelsShow, DrawsLevelsAsAPicture) {
  const TwoLevels levels;
  const std::string one = levels.folder / "one.png", both = levels.folder / "both.png";
  ASSERT_EQ(test::boxwarp({"levels", "show", levels.path, "--level", "2", "--png", one, "--tile", "16"}).status, 0);
  const test::PictureRead picture = test::read_png(one);
  EXPECT_EQ(picture.width, 6 * 16);
  EXPECT_EQ(picture.height, 4 * 16);
  EXPECT_GT(picture.colours(), 10u);
  ASSERT_EQ(test::boxwarp({"levels", "show", levels.path, "--png", both, "--tile", "16"}).out, both + "\n");
  EXPECT_EQ(test::read_png(both).width, 2 * (6 * 16 + 8) + 8);
  EXPECT_EQ(test::read_png(both).height, 4 * 16 + 16);
  EXPECT_EQ(test::boxwarp({"levels", "show", levels.path, "--png", both}).status, 2) << "never overwritten";
  const Output many = test::boxwarp({"levels", "show", "generated:count=101", "--png", levels.folder / "many.png"});
  EXPECT_EQ(many.status, 2);
  EXPECT_NE(many.err.find("draws at most 100"), std::string::npos) << many.err;
}

}  // namespace
}  // namespace boxwarp
