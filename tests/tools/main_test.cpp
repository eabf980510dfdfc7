// The command as a whole: help, versions, exit statuses.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

// The names under "Commands:" of the help.
std::vector<std::string> commands() {
  std::vector<std::string> names;
  bool listed = false;
  for (const std::string& line : test::lines_of(test::boxwarp({"--help"}).out)) {
    if (listed && line.empty()) break;
    if (listed) names.push_back(line.substr(2, line.find(' ', 2) - 2));
    listed = listed || line == "Commands:";
  }
  return names;
}

TEST(Command, HelpListsCommandsAndEachHasHelpWithExamplesOfItself) {
  const std::vector<std::string> names = commands();
  ASSERT_GE(names.size(), 5u);
  for (const std::string& name : names) {
    const test::Output help = test::boxwarp({name, "--help"});
    EXPECT_EQ(help.status, 0) << name;
    EXPECT_EQ(help.err, "") << name;
    const std::size_t examples = help.out.find("Examples:");
    ASSERT_NE(examples, std::string::npos) << name;
    EXPECT_NE(help.out.find("boxwarp " + name, examples), std::string::npos) << name;
  }
}

TEST(Command, HelpIsHelpByAnyName) {
  const test::Output help = test::boxwarp({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* name : {"help", "-h"}) {
    const test::Output same = test::boxwarp({name});
    EXPECT_EQ(same.status, 0) << name;
    EXPECT_EQ(same.out, help.out) << name;
  }
}

TEST(Command, VersionIsOneLine) {
  const test::Output version = test::boxwarp({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(test::lines_of(version.out).size(), 1u);
  EXPECT_TRUE(version.out.starts_with("boxwarp 0.")) << version.out;
}

TEST(Command, NoCommandPrintsHelpOnStderrAndIsBadInput) {
  const test::Output nothing = test::boxwarp({});
  EXPECT_EQ(nothing.status, 2);
  EXPECT_EQ(nothing.out, "");
  EXPECT_NE(nothing.err.find("Commands:"), std::string::npos);
}

TEST(Command, AnUnknownCommandIsToldWithThoseThatThereAre) {
  const test::Output unknown = test::boxwarp({"fly"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_TRUE(unknown.err.starts_with("boxwarp: ")) << unknown.err;
  EXPECT_NE(unknown.err.find("'fly'"), std::string::npos);
  for (const std::string& name : commands()) EXPECT_NE(unknown.err.find(name), std::string::npos) << name;
}

TEST(Command, AnUnknownOptionIsToldWithThoseThatThereAre) {
  const test::Output unknown = test::boxwarp({"eval", "--wieghts", "x"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("wieghts"), std::string::npos) << unknown.err;
  EXPECT_NE(unknown.err.find("--weights"), std::string::npos) << unknown.err;
}

TEST(Command, AnOptionWithoutItsValueIsNamed) {
  const test::Output missing = test::boxwarp({"eval", "--weights"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.err.find("weights"), std::string::npos) << missing.err;
}

TEST(Command, AStrayArgumentIsBadInput) {
  const test::Output stray = test::boxwarp({"info", "now"});
  EXPECT_EQ(stray.status, 2);
  EXPECT_NE(stray.err.find("'now'"), std::string::npos) << stray.err;
}

TEST(Command, AFullDiskIsAFailure) { EXPECT_EQ(test::boxwarp_into("/dev/full", {"info", "--json"}), 1); }

TEST(Info, JsonHasWhatTheTableTells) {
  const test::Output output = test::boxwarp({"info", "--json"});
  ASSERT_EQ(output.status, 0);
  const auto json = nlohmann::json::parse(output.out);
  EXPECT_EQ("boxwarp " + json["version"].get<std::string>() + "\n", test::boxwarp({"--version"}).out);
  EXPECT_GE(json["threads"].get<int>(), 1);
  EXPECT_EQ(json["backends"][0], "cpu");
  const std::string table = test::boxwarp({"info"}).out;
  for (const std::string& value :
       {json["version"].get<std::string>(), json["compiler"].get<std::string>(),
        json["onednn"]["version"].get<std::string>(), json["onednn"]["instruction_set"].get<std::string>(),
        json["highway"]["target"].get<std::string>()}) {
    EXPECT_FALSE(value.empty());
    EXPECT_NE(table.find(value), std::string::npos) << value;
  }
}

TEST(Info, TellsWhatANetworkIsAndWritesItUnderFlaxNames) {
  const std::string weights = std::string(BOXWARP_SOURCE_DIR) + "/tools/models/quick/model.safetensors";
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / fmt::format("boxwarp-info-{}", ::getpid());
  std::filesystem::create_directories(folder);
  const std::string flax = (folder / "flax.safetensors").string();
  const test::Output torch = test::boxwarp({"info", "--weights", weights, "--json", "--out", flax, "--names", "flax"});
  ASSERT_EQ(torch.status, 0) << torch.err;
  const auto json = nlohmann::json::parse(torch.out);
  EXPECT_EQ(json["name"], "DRC(1, 1)");
  EXPECT_EQ(json["network"]["input"], "planes");
  const test::Output again = test::boxwarp({"info", "--weights", flax, "--json"});
  EXPECT_EQ(nlohmann::json::parse(again.out), json);
  EXPECT_NE(test::boxwarp({"info", "--weights", flax}).out.find("DRC(1, 1)"), std::string::npos);
  const test::Output taken = test::boxwarp({"info", "--weights", flax, "--out", flax});
  EXPECT_EQ(taken.status, 2);
  EXPECT_NE(taken.err.find("exists and is never overwritten"), std::string::npos) << taken.err;
  const test::Output names = test::boxwarp({"info", "--weights", flax, "--names", "jax"});
  EXPECT_EQ(names.status, 2);
  EXPECT_NE(names.err.find("takes one of torch, flax"), std::string::npos) << names.err;
  std::filesystem::remove_all(folder);
}

TEST(Info, TellsTheInstructionSetThatOneDnnIsHeldTo) {
  const test::Output output = test::boxwarp({"info", "--json"}, {"ONEDNN_MAX_CPU_ISA=SSE41"});
  EXPECT_EQ(nlohmann::json::parse(output.out)["onednn"]["instruction_set"], "sse41");
}

}  // namespace
}  // namespace boxwarp
