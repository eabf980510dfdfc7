#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/tools/small_agent.hpp"

namespace boxwarp {
namespace {

using Json = nlohmann::json;

TEST(Eval, JsonHoldsWhatAnAgentThatStepsRightGets) {
  const test::SmallAgent agent;
  const test::Output output = test::boxwarp(agent.arguments("eval", {"--json", "--cap", "6", "--think", "0,3"}));
  ASSERT_EQ(output.status, 0) << output.err;
  const Json json = Json::parse(output.out);
  EXPECT_EQ(json.size(), 2u);
  EXPECT_EQ(json["levels"], 2);
  ASSERT_EQ(json["thinking"].size(), 2u);
  for (const Json& entry : json["thinking"]) {
    EXPECT_EQ(entry.size(), 6u);
    EXPECT_DOUBLE_EQ(entry["solved"].get<double>(), 0.5);
    EXPECT_DOUBLE_EQ(entry["standard_error"].get<double>(), std::sqrt(0.25 / 2));
    // Solved: two steps, one box, the end. Not solved: six steps.
    EXPECT_NEAR(entry["mean_return"].get<double>(), ((-0.2 + 1 + 10) + -0.6) / 2, 1e-9);
    EXPECT_DOUBLE_EQ(entry["mean_length"].get<double>(), 4.0);
  }
  EXPECT_EQ(json["thinking"][0]["steps"], 0);
  EXPECT_EQ(json["thinking"][1]["steps"], 3);
}

TEST(Eval, CyclesAndLevelsAreToldOneByOne) {
  const test::SmallAgent agent;
  const std::string path = agent.folder / "levels.jsonl";
  // The first level is solved without a detour; on the second nothing is gained, so that standing still is no cycle.
  const test::Output output =
      test::boxwarp(agent.arguments("eval", {"--json", "--cap", "6", "--think", "0,1", "--cycles", "--per-level", path}));
  ASSERT_EQ(output.status, 0) << output.err;
  const Json thinking = Json::parse(output.out)["thinking"];
  for (const Json& entry : thinking) {
    EXPECT_EQ(entry["cycles"], Json::parse(R"({"episodes": 0.0, "mean_number": 0.0, "mean_length": 0.0, "steps": 0.0})"));
  }
  const std::vector<std::string> lines = test::lines_of(test::content(path));
  ASSERT_EQ(lines.size(), 4u);
  const Json first = Json::parse(lines[0]), last = Json::parse(lines[3]);
  EXPECT_EQ(first["thinking"], 0);
  EXPECT_EQ(first["level"], 1);
  EXPECT_EQ(first["file"], agent.levels);
  EXPECT_EQ(first["ordinal"], 1);
  EXPECT_EQ(first["title"], "first");
  EXPECT_EQ(first["solved"], true);
  EXPECT_EQ(first["length"], 2);
  EXPECT_NEAR(first["return"].get<double>(), 10.8, 1e-9);
  EXPECT_EQ(first["cycles"], Json::array());
  EXPECT_EQ(last["thinking"], 1);
  EXPECT_EQ(last["level"], 2);
  EXPECT_EQ(last["solved"], false);
  EXPECT_EQ(test::boxwarp(agent.arguments("eval", {"--per-level", path})).status, 2) << "never overwritten";
  EXPECT_NE(test::boxwarp(agent.arguments("eval", {"--cycles"})).out.find("episodes with cycles"), std::string::npos);
}

TEST(Eval, TheTableTellsTheSame) {
  const test::SmallAgent agent;
  const test::Output output = test::boxwarp(agent.arguments("eval", {"--cap", "6", "--think", "4"}));
  ASSERT_EQ(output.status, 0) << output.err;
  EXPECT_NE(output.out.find("2 levels"), std::string::npos) << output.out;
  const std::vector<std::string> lines = test::lines_of(output.out);
  std::istringstream last(lines.back());
  double thinking = 0, solved = 0, error = 0, mean_return = 0, length = 0;
  last >> thinking >> solved >> error >> mean_return >> length;
  EXPECT_EQ(thinking, 4);
  EXPECT_EQ(solved, 50);
  EXPECT_NEAR(error, 100 * std::sqrt(0.125), 0.005);
  EXPECT_EQ(mean_return, 5.1);
  EXPECT_EQ(length, 4);
  EXPECT_NE(output.out.find("0.00         -\n"), std::string::npos) << "no dead board, so no step\n" << output.out;
}

TEST(Eval, TheLimitTakesTheFirstLevels) {
  const test::SmallAgent agent;
  const test::Output output = test::boxwarp(agent.arguments("eval", {"--json", "--limit", "1", "--think", "0"}));
  ASSERT_EQ(output.status, 0) << output.err;
  const Json json = Json::parse(output.out);
  EXPECT_EQ(json["levels"], 1);
  EXPECT_EQ(json["thinking"][0]["solved"], 1.0);
}

TEST(Eval, WritesTheFileOnceAndNeverOverIt) {
  const test::SmallAgent agent;
  const std::string out = agent.folder / "evaluation.json";
  const test::Output first = test::boxwarp(agent.arguments("eval", {"--json", "--cap", "3", "--think", "0", "--out", out}));
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(test::content(out), first.out);
  const test::Output second = test::boxwarp(agent.arguments("eval", {"--cap", "5", "--think", "0", "--out", out}));
  EXPECT_EQ(second.status, 2);
  EXPECT_NE(second.err.find("--out"), std::string::npos) << second.err;
  EXPECT_EQ(test::content(out), first.out);
}

TEST(Eval, ProgressIsPlainLinesWithoutATerminalAndNothingIfQuiet) {
  const test::SmallAgent agent;
  const test::Output loud = test::boxwarp(agent.arguments("eval", {"--think", "0"}));
  EXPECT_NE(loud.err.find("100%  2/2 levels"), std::string::npos) << loud.err;
  EXPECT_EQ(loud.err.find('\r'), std::string::npos) << loud.err;
  EXPECT_EQ(loud.err.find('\033'), std::string::npos) << loud.err;
  EXPECT_NE(loud.err.find("device cpu"), std::string::npos) << loud.err;
  const test::Output quiet = test::boxwarp(agent.arguments("eval", {"--think", "0", "--quiet"}));
  EXPECT_EQ(quiet.status, 0);
  EXPECT_EQ(quiet.err, "");
  EXPECT_EQ(quiet.out, loud.out);
}

TEST(Eval, ProgressOnATerminalRewritesItsLineAndRespectsNoColor) {
  const test::SmallAgent agent;
  const test::Output colours = test::boxwarp_in_terminal(agent.arguments("eval", {"--think", "0"}));
  EXPECT_EQ(colours.status, 0);
  EXPECT_NE(colours.out.find("\r100%"), std::string::npos) << colours.out;
  EXPECT_NE(colours.out.find("\033[32m####"), std::string::npos) << colours.out;
  const test::Output plain = test::boxwarp_in_terminal(agent.arguments("eval", {"--think", "0"}), {"NO_COLOR=1"});
  EXPECT_NE(plain.out.find("[####"), std::string::npos) << plain.out;
  EXPECT_EQ(plain.out.find("\033[32m"), std::string::npos) << plain.out;
}

TEST(Eval, BadOptionsAreNamedWithWhatTheyTake) {
  const test::SmallAgent agent;
  const std::vector<std::vector<std::string>> bad{
      {"--think", "0,x"},      {"--think", ""},       {"--think", "-1"},   {"--cap", "0"},
      {"--limit", "1.5"},      {"--threads", "many"}, {"--device", "gpu"}, {"--out", agent.folder / "no/where.json"},
      {"--solved-rule", "all"}};
  for (const std::vector<std::string>& options : bad) {
    const test::Output output = test::boxwarp(agent.arguments("eval", options));
    EXPECT_EQ(output.status, 2) << options[0] << " " << options[1];
    EXPECT_NE(output.err.find(options[0]), std::string::npos) << output.err;
    EXPECT_EQ(output.out, "");
  }
  EXPECT_EQ(test::boxwarp({"eval", "--levels", agent.levels}).status, 2);
  EXPECT_EQ(test::boxwarp({"eval", "--weights", agent.weights}).status, 2);
  EXPECT_EQ(test::boxwarp({"eval", "--weights", agent.levels, "--levels", agent.levels}).status, 2);
}

TEST(Eval, ADeviceThatIsNotThereIsADeviceFailure) {
  const test::SmallAgent agent;
  EXPECT_EQ(test::boxwarp(agent.arguments("eval", {"--device", "cuda:99"})).status, 3);
}

TEST(Eval, LevelsLargerThanTheNetworkAreBadInput) {
  const test::SmallAgent agent;
  test::write_text(agent.levels, "##########\n#@$    . #\n##########\n");
  const test::Output output = test::boxwarp(agent.arguments("eval"));
  EXPECT_EQ(output.status, 2);
  EXPECT_NE(output.err.find("8x8"), std::string::npos) << output.err;
}

TEST(Eval, TheRulesOfTheEnvironmentAreOptions) {
  const test::SmallAgent agent;
  test::write_text(agent.levels, "######\n#@$..#\n######\n\n######\n#    #\n#@ $ #\n#  . #\n######\n");
  const auto lines = [&](std::vector<std::string> options) {
    const std::string path = agent.folder / "levels.jsonl";
    options.insert(options.end(), {"--cap", "5", "--think", "0", "--per-level", path});
    const test::Output output = test::boxwarp(agent.arguments("eval", options));
    EXPECT_EQ(output.status, 0) << output.err;
    std::vector<Json> result;
    for (const std::string& line : test::lines_of(test::content(path))) result.push_back(Json::parse(line));
    std::filesystem::remove(path);
    return result;
  };
  const std::vector<Json> plain = lines({}), covered = lines({"--solved-rule", "targets_covered"}),
                          ends = lines({"--end-on-deadlock"});
  EXPECT_EQ(plain[0]["length"], 1) << "the box is on a target";
  EXPECT_EQ(covered[0]["solved"], false) << "a target is left over";
  EXPECT_EQ(covered[0]["length"], 5);
  EXPECT_EQ(plain[1]["length"], 5);
  EXPECT_EQ(ends[1]["length"], 2) << "the box is at a wall without a target";
  EXPECT_EQ(ends[1]["death"], 2);
  const test::Output refused = test::boxwarp(
      agent.arguments("eval", {"--solved-rule", "targets_covered", "--episodes", agent.folder / "episodes.npz"}));
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("--episodes"), std::string::npos) << refused.err;
}

TEST(Eval, ANetworkOfFiveActionsNeedsNoOpAndOneOfFourRefusesIt) {
  const test::SmallAgent agent;
  const test::Output four = test::boxwarp(agent.arguments("eval", {"--no-op"}));
  EXPECT_EQ(four.status, 2);
  EXPECT_NE(four.err.find("--no-op: the network has 4 actions, the environment 5 with it"), std::string::npos) << four.err;
  test::write_agent(agent.weights, 5, test::kNoOp);
  const test::Output five = test::boxwarp(agent.arguments("eval"));
  EXPECT_EQ(five.status, 2);
  EXPECT_NE(five.err.find("--no-op: the network has 5 actions, the environment 4 without it"), std::string::npos)
      << five.err;
  const test::Output output = test::boxwarp(agent.arguments("eval", {"--no-op", "--json", "--cap", "6", "--think", "0"}));
  ASSERT_EQ(output.status, 0) << output.err;
  const Json entry = Json::parse(output.out)["thinking"][0];
  EXPECT_EQ(entry["solved"], 0.0);
  EXPECT_NEAR(entry["mean_return"].get<double>(), -0.6, 1e-9) << "six steps, nothing done";
}

TEST(Eval, TheNumberOfThreadsChangesNothing) {
  const test::SmallAgent agent;
  const auto with = [&](const std::string& threads) {
    return test::boxwarp({"eval", "--weights", agent.weights, "--levels", "generated:size=7x7,boxes=1,count=40,seed=3",
                          "--json", "--think", "0,2", "--cap", "20", "--threads", threads})
        .out;
  };
  const std::string one = with("1");
  EXPECT_EQ(Json::parse(one)["levels"], 40);
  EXPECT_EQ(one, with("3"));
}

}  // namespace
}  // namespace boxwarp
