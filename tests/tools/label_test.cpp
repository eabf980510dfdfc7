// Labels of levels and plays as NumPy archives, read back by Python.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "levels/level_set.hpp"
#include "tests/tools/small_agent.hpp"

namespace boxwarp::test {
namespace {

using Json = nlohmann::json;

// The first pushes right and up; the second cannot be solved; in the third a box stands on its target.
const char* const kLevels =
    "######\n#  . #\n#@$  #\n#    #\n######\n\n"
    "#####\n#$ .#\n# @ #\n#####\n\n"
    "#####\n#@*.#\n#####\n";

Json arrays_of(const std::string& path) {
  const Folder folder;
  const std::string command = "python3 " BOXWARP_SOURCE_DIR "/tests/tools/read_npz.py " + path + " > " + (folder / "out");
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  const Json json = Json::parse(content(folder / "out"));
  std::printf("read by %s\n", json["reader"].get<std::string>().c_str());
  return json["arrays"];
}

TEST(LabelCommand, ArraysOfLevelsAreWhatReadmeSays) {
  const Folder folder;
  write_text(folder / "levels.txt", kLevels);
  const Output output = boxwarp({"levels", "label", folder / "levels.txt", "-o", folder / "labels.npz"});
  ASSERT_EQ(output.status, 0) << output.err;
  EXPECT_NE(output.out.find("3 levels, 1 proved unsolvable, 0 not known"), std::string::npos) << output.out;
  const Json arrays = arrays_of(folder / "labels.npz");
  EXPECT_EQ(arrays.size(), 7u);
  EXPECT_EQ(arrays["files"]["values"], Json::array({folder / "levels.txt"}));
  EXPECT_EQ(arrays["file"]["values"], Json::parse("[0, 0, 0]"));
  EXPECT_EQ(arrays["ordinal"]["values"], Json::parse("[0, 1, 2]"));
  EXPECT_EQ(arrays["pushes"]["values"], Json::parse("[2, -1, 0]"));
  EXPECT_EQ(arrays["moves"]["values"], Json::parse("[4, -1, 0]"));
  const auto solution = arrays["solution"]["values"].get<std::vector<std::uint8_t>>();
  EXPECT_TRUE(plays_to_solution(load_levels({folder / "levels.txt"}).level(0), solution, 2));
  EXPECT_EQ(arrays["solution_start"]["values"], Json::array({0, solution.size(), solution.size(), solution.size()}));
  EXPECT_EQ(arrays["solution"]["dtype"], "u1");
  EXPECT_EQ(arrays["pushes"]["dtype"], "i4");
  EXPECT_EQ(boxwarp({"levels", "label", folder / "levels.txt", "-o", folder / "labels.npz"}).status, 2)
      << "never overwritten";
}

TEST(LabelCommand, PacksKeepLabelsAndArchivesTakeThemFromThere) {
  const Folder folder;
  write_text(folder / "levels.txt", kLevels);
  ASSERT_EQ(boxwarp({"levels", "label", folder / "levels.txt", "-o", folder / "all.boxwarp"}).status, 0);
  const LevelSet set = load_levels({folder / "all.boxwarp"});
  EXPECT_EQ(set.labels().at(0).pushes, 2);
  EXPECT_EQ(set.labels().at(0).moves, 4);
  EXPECT_EQ(set.labels().at(1).pushes, kNoSolution);
  ASSERT_EQ(boxwarp({"levels", "label", folder / "levels.txt", "-o", folder / "a.npz"}).status, 0);
  ASSERT_EQ(boxwarp({"levels", "label", folder / "all.boxwarp", "-o", folder / "b.npz", "--nodes", "1"}).status, 0);
  EXPECT_TRUE(content(folder / "a.npz") == content(folder / "b.npz"));
}

TEST(LabelCommand, StepsOfPlaysTellWhatIsNeededFromThereOn) {
  const Folder folder;
  write_text(folder / "levels.txt", kLevels);
  write_text(folder / "plays.lurd", "; 1\nRRuu\n\n; 2\nu\n");
  const Output output =
      boxwarp({"levels", "label", folder / "levels.txt", "--lurd", folder / "plays.lurd", "-o", folder / "plays.npz"});
  ASSERT_EQ(output.status, 0) << output.err;
  const Json arrays = arrays_of(folder / "plays.npz");
  EXPECT_EQ(arrays["level"]["values"], Json::parse("[0, 1]"));
  EXPECT_EQ(arrays["pushes"]["values"], Json::parse("[2, -1]"));
  EXPECT_EQ(arrays["death"]["values"], Json::parse("[2, 0]"));
  EXPECT_EQ(arrays["step_start"]["values"], Json::parse("[0, 4, 5]"));
  EXPECT_EQ(arrays["action"]["values"], Json::parse("[3, 3, 0, 0, 0]"));
  EXPECT_EQ(arrays["remaining"]["values"], Json::parse("[1, -1, -1, -1, -1]"));
  EXPECT_EQ(arrays["kept"]["values"], Json::parse("[1, 0, 0, 0, 0]"));
}

TEST(LabelCommand, EvalWritesTheEpisodesOfAnAgent) {
  const SmallAgent agent;
  write_text(agent.levels, kLevels);
  const std::string out = agent.folder / "episodes.npz";
  const Output output =
      boxwarp(agent.arguments("eval", {"--json", "--cap", "3", "--think", "0,2", "--limit", "1", "--episodes", out}));
  ASSERT_EQ(output.status, 0) << output.err;
  const Json arrays = arrays_of(out);
  EXPECT_EQ(arrays["thinking"]["values"], Json::parse("[0, 2]"));
  EXPECT_EQ(arrays["action"]["values"], Json::parse("[3, 3, 3, 3, 3, 3]"));
  EXPECT_EQ(arrays["remaining"]["values"], Json::parse("[1, -1, -1, 1, -1, -1]"));
  const Json deadlock = Json::parse(output.out)["thinking"][0]["deadlock"];
  EXPECT_EQ(deadlock["episodes"], 1.0);
  EXPECT_EQ(deadlock["mean_step"], 2.0);
  EXPECT_EQ(deadlock["median_step"], 2);
}

TEST(LabelCommand, MistakesAreTold) {
  const Folder folder;
  write_text(folder / "levels.txt", kLevels);
  EXPECT_NE(boxwarp({"levels", "label", folder / "levels.txt", "-o", folder / "a.txt"}).err.find(".npz or .boxwarp"),
            std::string::npos);
  write_text(folder / "plays.lurd", "; 9\nRRuu\n");
  EXPECT_NE(boxwarp({"levels", "label", folder / "levels.txt", "--lurd", folder / "plays.lurd", "-o", folder / "a.npz"})
                .err.find("moves for level 9, but there are 3"),
            std::string::npos);
}

}  // namespace
}  // namespace boxwarp::test
