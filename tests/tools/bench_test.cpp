// boxwarp bench: that it measures what it is asked for and says so; never how fast.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/run_command.hpp"

namespace boxwarp::test {
namespace {

const std::string kLevels = std::string(BOXWARP_SOURCE_DIR) + "/levels/data/quick_test.txt";

TEST(BenchCommand, MeasuresEveryPointThatItIsAskedFor) {
  const Output output = boxwarp({"bench", "sim", "--levels", kLevels, "--envs", "3,300", "--observation",
                                 "none,step_many,rgb_final", "--seconds", "0.001", "--json", "--quiet"});
  ASSERT_EQ(output.status, 0) << output.err;
  const auto json = nlohmann::json::parse(output.out);
  ASSERT_EQ(json["points"].size(), 6u);
  EXPECT_EQ(json["levels"], 1000);
  EXPECT_EQ(json["points"][0]["num_envs"], 3);
  EXPECT_EQ(json["points"][5]["observation"], "rgb_final");
  EXPECT_EQ(json["points"][5]["observation_bytes"], 147);
  for (const auto& point : json["points"]) {
    ASSERT_EQ(point["samples"].size(), 5u);
    EXPECT_GT(point["samples"][0], 0.0);
    EXPECT_EQ(point["steps_per_second"], point["samples"][2]);
  }
}

TEST(BenchCommand, SaysWhatItTakes) {
  EXPECT_EQ(boxwarp({"bench", "--levels", kLevels}).status, 2);
  EXPECT_EQ(boxwarp({"bench", "sim"}).status, 2);
  const Output output = boxwarp({"bench", "sim", "--levels", kLevels, "--observation", "rgb,pictures"});
  EXPECT_EQ(output.status, 2);
  EXPECT_NE(output.err.find("found 'pictures', allowed are none, step_many"), std::string::npos) << output.err;
}

}  // namespace
}  // namespace boxwarp::test
