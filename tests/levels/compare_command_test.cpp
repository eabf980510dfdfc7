// boxwarp levels compare, as a person or a script runs it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/run_command.hpp"

namespace boxwarp {
namespace {

using nlohmann::json;
using test::boxwarp;

const char* const kA = "generated:size=8x8,boxes=2,count=60,seed=1";
const char* const kB = "generated:size=9x9,boxes=3,count=40,seed=2";

TEST(CompareCommand, BothSetsAndTheirDistanceAreToldAsJson) {
  const test::Output output = boxwarp({"levels", "compare", kA, kB, "--json", "--threads", "3"});
  ASSERT_EQ(output.status, 0) << output.err;
  const json all = json::parse(output.out);
  ASSERT_EQ(all.at("sets").size(), 2u);
  EXPECT_EQ(all["sets"][0]["path"], kA);
  EXPECT_EQ(all["sets"][0]["levels"], 60);
  EXPECT_EQ(all["sets"][0]["pushes"]["solved"], 60);
  EXPECT_EQ(all["sets"][1]["pushes"]["solved"], 40);
  EXPECT_LT(all["sets"][0]["shape"]["floor"]["mean"], all["sets"][1]["shape"]["floor"]["mean"]);
  EXPECT_GT(all["total_variation"], 0.0);
  EXPECT_LE(all["total_variation"], 1.0);
  EXPECT_EQ(all, json::parse(boxwarp({"levels", "compare", kA, kB, "--json", "--threads", "1"}).out));
  EXPECT_EQ(json::parse(boxwarp({"levels", "compare", kA, kA, "--json"}).out)["total_variation"], 0.0);
}

TEST(CompareCommand, APersonReadsATableAndSeesAPicture) {
  const test::Folder folder;
  const test::Output output = boxwarp({"levels", "compare", kA, kB, "--png", folder / "both.png"});
  ASSERT_EQ(output.status, 0) << output.err;
  for (const char* part : {"A  generated:size=8x8", "fewest pushes", "total variation between", "open squares of 2x2"})
    EXPECT_NE(output.out.find(part), std::string::npos) << output.out;
  EXPECT_TRUE(test::content(folder / "both.png").starts_with("\x89PNG"));
  EXPECT_EQ(boxwarp({"levels", "compare", kA, kB, "--png", folder / "both.png"}).status, 2) << "never overwritten";
}

TEST(CompareCommand, TwoSetsAreNeeded) {
  const test::Output output = boxwarp({"levels", "compare", kA});
  EXPECT_EQ(output.status, 2);
  EXPECT_NE(output.err.find("found 1 sets, expected two"), std::string::npos) << output.err;
}

}  // namespace
}  // namespace boxwarp
