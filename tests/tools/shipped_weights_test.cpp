// Agents are found by name, the precision of their network is chosen, and what is wrong with either is told.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/tools/run_command.hpp"

namespace boxwarp::test {
namespace {

namespace fs = std::filesystem;

const fs::path kModels = fs::path(BOXWARP_SOURCE_DIR) / "tools/models";

Output evaluated(const std::string& weights, const std::vector<std::string>& more = {},
                 const std::vector<std::string>& environment = {}) {
  std::vector<std::string> words{"eval", "--weights", weights, "--levels", "quick_test", "--limit",
                                 "5",    "--think",   "0",     "--json",   "--device",   "cpu"};
  words.insert(words.end(), more.begin(), more.end());
  return boxwarp(words, environment);
}

TEST(ShippedWeights, AreFoundByNameAndByItsBeginning) {
  const Folder folder;
  fs::current_path(folder / ".");
  const std::string expected = evaluated(kModels / "quick/model.safetensors").out;
  EXPECT_EQ(nlohmann::json::parse(expected)["levels"], 5);
  EXPECT_EQ(evaluated("quick").out, expected);
  EXPECT_EQ(evaluated("qui").out, expected);
  EXPECT_EQ(boxwarp({"watch", "--weights", "quick", "--levels", "quick_test", "--hide", "--device", "cpu"}).status, 0);

  // A folder of one's own, and both ways to lie in it.
  fs::create_directories(folder / "mine/drc-long");
  fs::copy_file(kModels / "quick/model.safetensors", folder / "mine/drc.safetensors");
  fs::copy_file(kModels / "quick/model.safetensors", folder / "mine/drc-long/model.safetensors");
  const std::vector<std::string> mine{"BOXWARP_MODELS=" + (folder / "mine")};
  EXPECT_EQ(evaluated("drc", {}, mine).out, expected) << "the whole name goes before the beginning of another";
  EXPECT_EQ(evaluated("drc-l", {}, mine).out, expected);
  const Output several = evaluated("dr", {}, mine);
  EXPECT_EQ(several.status, 2);
  EXPECT_NE(several.err.find("several shipped agents' begin with it; the agents in " + (folder / "mine") +
                             " (or where BOXWARP_MODELS says) are drc, drc-long"),
            std::string::npos)
      << several.err;
  const Output none = evaluated("nobody", {}, mine);
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("no shipped agent's begins with it; the agents in"), std::string::npos) << none.err;
  EXPECT_EQ(evaluated("quick/model.safetensors").status, 2) << "a path is no name";
}

TEST(ShippedWeights, PlayInAPrecisionThatExists) {
  const Output found = evaluated("quick", {"--precision", "float32"});
  ASSERT_EQ(found.status, 0) << found.err;
  EXPECT_EQ(found.out, evaluated("quick").out) << "a processor has float32 only";
  EXPECT_NE(found.err.find("network float32"), std::string::npos) << found.err;
  const Output wrong = evaluated("quick", {"--precision", "fp8"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("--precision: found 'fp8', takes one of bf16, bf16-wgmma, float32"), std::string::npos)
      << wrong.err;
}

}  // namespace
}  // namespace boxwarp::test
