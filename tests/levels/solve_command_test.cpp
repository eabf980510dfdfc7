// boxwarp solve, as a person or a script runs it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

using nlohmann::json;
using test::boxwarp;

const char* const kThree =
    "######\n#@$ .#\n######\n\n"
    "#####\n#$@ #\n# . #\n#####\n\n"
    "#######\n#     #\n#@$   #\n#     #\n#   . #\n#######\n";

json without_time(json summary) {
  summary.erase("processor_seconds");
  return summary;
}

TEST(SolveCommand, EveryLevelHasItsOutcomeAsJson) {
  const test::Folder folder;
  const std::string path = folder / "three.txt";
  test::write_text(path, kThree);
  const test::Output output = boxwarp({"solve", path, "--json"});
  EXPECT_EQ(output.status, 0);
  const json all = json::parse(output.out);
  ASSERT_EQ(all.at("results").size(), 3u);
  const json first = all["results"][0], second = all["results"][1], third = all["results"][2];
  EXPECT_EQ(first.at("file"), path);
  EXPECT_EQ(first.at("ordinal"), 1);
  EXPECT_EQ(first.at("outcome"), "solved");
  EXPECT_EQ(first.at("solution"), "RR");
  EXPECT_EQ(second.at("outcome"), "unsolvable");
  EXPECT_FALSE(second.contains("solution"));
  EXPECT_EQ(third.at("pushes"), 4);
  EXPECT_EQ(third.at("moves"), third.at("solution").get<std::string>().size());
  const json summary = all.at("summary");
  EXPECT_EQ(summary.at("levels"), 3);
  EXPECT_EQ(summary.at("solved"), 2);
  EXPECT_EQ(summary.at("unsolvable"), 1);
  EXPECT_EQ(summary.at("budget_exceeded"), 0);
  EXPECT_EQ(summary.at("pushes"), json::parse(R"({"mean": 3.0, "standard_deviation": 1.0, "median": 2, "max": 4})"));
  EXPECT_EQ(without_time(json::parse(boxwarp({"solve", path, "--json", "--summary"}).out)), without_time(summary));
}

TEST(SolveCommand, APersonReadsALineForEachLevelAndTheFigures) {
  const test::Folder folder;
  const std::string path = folder / "three.txt";
  test::write_text(path, kThree);
  const std::string text = boxwarp({"solve", path}).out;
  EXPECT_NE(text.find(path + ": level 1: 2 pushes, 2 moves: RR\n"), std::string::npos) << text;
  EXPECT_NE(text.find(path + ": level 2: unsolvable, proved\n"), std::string::npos) << text;
  EXPECT_NE(text.find("3 levels: 2 solved, 1 proved unsolvable, 0 not known\n"), std::string::npos) << text;
  test::write_text(folder / "one.txt", "#####\n#@$.#\n#####\n");
  EXPECT_EQ(boxwarp({"solve", folder / "one.txt"}).out.find(folder / "one.txt" + ": level 1: 1 push, 1 move: R\n1 level: "),
            0u);
  test::write_text(folder / "none.txt", "#####\n#$@ #\n#  .#\n#####\n");
  const std::string unsolved = boxwarp({"solve", folder / "none.txt", "--summary"}).out;
  EXPECT_NE(unsolved.find("\npushes  -\nmoves   -\nboards"), std::string::npos) << unsolved;
  const std::string summary = boxwarp({"solve", path, "--summary"}).out;
  EXPECT_EQ(summary.find("level 1"), std::string::npos);
  EXPECT_NE(summary.find("pushes  mean 3.00"), std::string::npos) << summary;
}

TEST(SolveCommand, ThreadsShowInNoResult) {
  const std::string levels = "generated:size=10x10,boxes=4,count=200,seed=2";
  const auto results = [&](const char* threads) {
    return json::parse(boxwarp({"solve", levels, "--threads", threads, "--json"}).out).at("results");
  };
  EXPECT_EQ(results("1"), results("3"));
}

// Results are held for some thousand levels at a time.
TEST(SolveCommand, ManyLevelsAreToldInOrderAndAllCounted) {
  const json all = json::parse(boxwarp({"solve", "generated:size=5x5,boxes=1,count=5000,seed=3", "--json"}).out);
  ASSERT_EQ(all.at("results").size(), 5000u);
  std::int64_t ordinal = 0, pushes = 0, longest = 0;
  for (const json& result : all["results"]) {
    EXPECT_EQ(result.at("ordinal"), ++ordinal);
    pushes += result.at("pushes").get<std::int64_t>();
    longest = std::max(longest, result.at("pushes").get<std::int64_t>());
  }
  EXPECT_EQ(all["summary"]["solved"], 5000);
  EXPECT_NEAR(all["summary"]["pushes"]["mean"].get<double>(), static_cast<double>(pushes) / 5000, 1e-9);
  EXPECT_EQ(all["summary"]["pushes"]["max"], longest);
}

TEST(SolveCommand, FewestMovesMayTakeMorePushes) {
  const std::string levels = "generated:size=10x10,boxes=3,count=50,seed=4";
  const auto figures = [&](const char* optimal) {
    return json::parse(boxwarp({"solve", levels, "--optimal", optimal, "--json", "--summary"}).out);
  };
  const json by_pushes = figures("pushes"), by_moves = figures("moves");
  EXPECT_LE(by_pushes["pushes"]["mean"], by_moves["pushes"]["mean"]);
  EXPECT_LT(by_moves["moves"]["mean"], by_pushes["moves"]["mean"]);
}

TEST(SolveCommand, ABudgetThatIsUsedUpIsSaidToBe) {
  const std::string levels = "generated:size=10x10,boxes=4,count=3,seed=5";
  const test::Output output = boxwarp({"solve", levels, "--nodes", "1", "--json"});
  EXPECT_EQ(output.status, 0);
  EXPECT_EQ(json::parse(output.out)["summary"]["budget_exceeded"], 3);
  EXPECT_NE(boxwarp({"solve", levels, "--nodes", "1"}).out.find("not known: budget exceeded after 1 board;"),
            std::string::npos);
}

TEST(SolveCommand, MistakesNameTheOptionAndWhatItTakes) {
  const auto error = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "solve");
    const test::Output output = boxwarp(arguments);
    EXPECT_EQ(output.status, 2);
    EXPECT_EQ(output.out, "");
    return output.err;
  };
  EXPECT_NE(error({}).find("PATH missing"), std::string::npos);
  EXPECT_NE(error({"generated:count=1", "--optimal", "time"}).find("takes one of pushes, moves"), std::string::npos);
  EXPECT_NE(error({"generated:count=1", "--nodes", "0"}).find("--nodes: found '0'"), std::string::npos);
  EXPECT_NE(error({"/no/such/file"}).find("/no/such/file"), std::string::npos);
}

}  // namespace
}  // namespace boxwarp
