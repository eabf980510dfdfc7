// boxwarp bench: that it measures what it is asked for and says so; never how fast.
#include <gtest/gtest.h>

#include <filesystem>
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
  EXPECT_EQ(json["points"][0]["levels"], 1000);
  EXPECT_EQ(json["points"][0]["num_envs"], 3);
  EXPECT_EQ(json["points"][0]["bytes_per_step"], 61.0);
  EXPECT_EQ(json["points"][2]["bytes_per_step"], 61.0 + 147.0 + 147.0 / 75);
  EXPECT_EQ(json["points"][5]["observation"], "rgb_final");
  EXPECT_EQ(json["points"][5]["observation_bytes"], 147);
  for (const auto& point : json["points"]) {
    ASSERT_EQ(point["samples"].size(), 5u);
    EXPECT_GT(point["samples"][0], 0.0);
    EXPECT_EQ(point["steps_per_second"], point["samples"][2]);
  }
}

TEST(BenchCommand, PlaysFromBanksOfAnySizeAndDrawsThem) {
  const Folder folder;
  const std::string picture = folder / "sweep.png";
  const Output output =
      boxwarp({"bench", "sim", "--levels", kLevels, "--bank", "7,2500", "--envs", "1,2", "--observation", "none",
               "--min-steps", "2", "--max-steps", "4", "--seconds", "0.001", "--quiet", "--plot", picture});
  ASSERT_EQ(output.status, 0) << output.err;
  EXPECT_NE(output.out.find("episodes of 2 to 4 steps"), std::string::npos) << output.out;
  EXPECT_NE(output.out.find(" 2,500  none "), std::string::npos) << output.out;
  EXPECT_GT(std::filesystem::file_size(picture), 5000u);
  EXPECT_EQ(boxwarp({"bench", "sim", "--levels", kLevels, "--plot", picture}).status, 2);
}

TEST(BenchCommand, SaysWhatItTakes) {
  EXPECT_EQ(boxwarp({"bench", "--levels", kLevels}).status, 2);
  EXPECT_EQ(boxwarp({"bench", "sim"}).status, 2);
  const Output output = boxwarp({"bench", "sim", "--levels", kLevels, "--observation", "rgb,pictures"});
  EXPECT_EQ(output.status, 2);
  EXPECT_NE(output.err.find("found 'pictures', takes step_many, or one of none, rgb"), std::string::npos) << output.err;
}

TEST(BenchCommand, PredictsTrainingKernelByKernel) {
  const Output output =
      boxwarp({"bench", "net", "--predict", "--envs", "0,2048", "--precision", "bf16,bf16-wgmma", "--json"});
  ASSERT_EQ(output.status, 0) << output.err;
  const auto json = nlohmann::json::parse(output.out);
  ASSERT_EQ(json["points"].size(), 12u) << "four GPUs, two batches, and these by warpgroups on two GPUs";
  EXPECT_EQ(json["points"][0]["gpu"], "H200");
  EXPECT_EQ(json["points"][0]["minibatch_envs"], 32);
  EXPECT_EQ(json["points"][1]["minibatch_envs"], 256) << "the preset's share";
  for (const auto& point : json["points"]) {
    double seconds = 0, by_warpgroups = 0;
    for (const auto& kernel : point["kernels"]) {
      seconds += double{kernel["predicted_seconds"]};
      by_warpgroups += double{kernel["warpgroup_flop"]};
    }
    EXPECT_EQ(by_warpgroups > 0, point["precision"] == "bf16-wgmma");
    EXPECT_NEAR(seconds, double{point["predicted_update_seconds"]}, 1e-9);
    EXPECT_GT(double{point["predicted_inference_steps_per_second"]}, double{point["predicted_training_frames_per_second"]});
  }
  const Output table = boxwarp({"bench", "net", "--predict", "--gpu", "RTX 4090"});
  EXPECT_NE(table.out.find("grad_conv_lstm"), std::string::npos) << table.out;
  EXPECT_EQ(table.out.find("H200"), std::string::npos);
  const Output lacks = boxwarp({"bench", "net", "--predict", "--gpu", "A100", "--precision", "bf16,bf16-wgmma"});
  EXPECT_EQ(lacks.status, 2);
  EXPECT_NE(lacks.err.find("--precision: found 'bf16-wgmma', for which A100 has no kernels"), std::string::npos)
      << lacks.err;
  EXPECT_EQ(boxwarp({"bench", "net", "--predict", "--precision", "float32"}).status, 2);
  const Output unknown = boxwarp({"bench", "net", "--predict", "--gpu", "H9"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("--gpu: found 'H9', takes all or one of H200, H100, A100, RTX 4090"), std::string::npos);
}

// The quick start's network, a fraction of a millisecond each sample.
TEST(BenchCommand, MeasuresTheNetworkForEveryNumberOfBoards) {
  const Output output = boxwarp({"bench", "net", "--preset", "quick", "--envs", "1,5,0", "--device", "cpu", "--threads", "1",
                                 "--seconds", "0.001", "--json"});
  ASSERT_EQ(output.status, 0) << output.err;
  const auto json = nlohmann::json::parse(output.out);
  EXPECT_EQ(json["network"], "DRC(1, 1)");
  ASSERT_EQ(json["points"].size(), 3u);
  EXPECT_EQ(json["points"][2]["num_envs"], 64) << "the preset's";
  for (const auto& point : json["points"]) {
    ASSERT_EQ(point["samples"].size(), 5u);
    EXPECT_GT(point["samples"][0], 0.0);
    EXPECT_EQ(point["steps_per_second"], point["samples"][2]);
    EXPECT_EQ(double{point["flop_per_second"]}, double{json["flop_per_step"]} * double{point["steps_per_second"]});
    EXPECT_GT(point["memory_bytes"], 0);
  }
  EXPECT_EQ(boxwarp({"bench", "net", "--preset", "quick", "--gpu", "H200"}).status, 2);
  EXPECT_EQ(boxwarp({"bench", "net", "--preset", "quick", "--precision", "fp8"}).status, 2);
  EXPECT_EQ(boxwarp({"bench", "net", "--preset", "quick", "--precision", "bf16,float32"}).status, 2);
}

TEST(BenchCommand, TellsEnvironmentsPlayAndTrainingApart) {
  const Folder folder;
  const Output output =
      boxwarp({"bench", "train", "--preset", "quick", "--levels", kLevels, "--device", "cpu", "--set", "num_envs=8", "--set",
               "minibatch_envs=4", "--seconds", "0.001", "--json", "--out", folder / "train.json"});
  ASSERT_EQ(output.status, 0) << output.err;
  EXPECT_EQ(content(folder / "train.json"), output.out);
  const auto json = nlohmann::json::parse(output.out);
  EXPECT_EQ(json["num_envs"], 8);
  EXPECT_EQ(json["levels"], 1000);
  double slower = 1e30;
  for (const char* figure : {"environment_only", "environment_and_inference", "environment_inference_and_training"}) {
    ASSERT_EQ(json[figure]["samples"].size(), 5u);
    EXPECT_EQ(json[figure]["frames_per_second"], json[figure]["samples"][2]);
    EXPECT_GT(json[figure]["frames_per_second"], 0.0);
    EXPECT_LT(double{json[figure]["frames_per_second"]}, slower) << "each does what the one before does, and more";
    slower = double{json[figure]["frames_per_second"]};
  }
  const Output wrong = boxwarp({"bench", "train", "--preset", "quick", "--levels", kLevels, "--set", "epochs=0"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("epochs"), std::string::npos) << wrong.err;
  const Output blind = boxwarp({"bench", "train", "--preset", "quick", "--levels", kLevels, "--device", "cpu", "--profile"});
  EXPECT_EQ(blind.status, 2) << "a processor's kernels have no times of their own";
  EXPECT_NE(blind.err.find("--profile"), std::string::npos) << blind.err;
}

}  // namespace
}  // namespace boxwarp::test
