// boxwarp train as a person runs it: stopped, killed, continued, out of disk, and told nonsense.
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "host/learner/config.hpp"
#include "host/learner/safetensors.hpp"
#include "tests/tools/run_command.hpp"
#include "tests/tools/small_agent.hpp"

namespace boxwarp::test {
namespace {

constexpr int kUpdates = 40;
constexpr int kFramesPerUpdate = 4 * 5;

class TrainCommand : public testing::Test {
 protected:
  void SetUp() override { write_text(levels_, kTwoLevels); }

  std::vector<std::string> arguments(const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"train", "--preset",    "quick",     "--levels", levels_,
                                 "--out", folder_ / out, "--threads", "1"};
    for (const std::string& setting : settings_) {
      all.push_back("--set");
      all.push_back(setting);
    }
    if (std::ranges::find(more, "--frames") == more.end()) {
      all.push_back("--frames");
      all.push_back(std::to_string(kUpdates * kFramesPerUpdate));
    }
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string file(const std::string& out, const std::string& name) const { return content(folder_ / (out + "/" + name)); }

  // Starts a run, and sends it a signal once it has written so many lines of metrics.
  int run_until(const std::string& out, int lines, int signal) const {
    const int nowhere = open("/dev/null", O_WRONLY);
    const pid_t process = detail::start(arguments(out), {}, nowhere, nowhere);
    while (count_of(file(out, "metrics.jsonl"), "\n") < lines) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    kill(process, signal);
    close(nowhere);
    return detail::finish(process);
  }
  Output resumed(const std::string& out) const { return boxwarp({"train", "--out", folder_ / out, "--resume"}); }

  // All but what the clock decides.
  std::vector<nlohmann::json> metrics(const std::string& out) const {
    std::vector<nlohmann::json> lines;
    for (const std::string& line : lines_of(file(out, "metrics.jsonl"))) {
      lines.push_back(nlohmann::json::parse(line));
      lines.back().erase("seconds");
      lines.back().erase("frames_per_second");
    }
    return lines;
  }

  void expect_same_run(const std::string& a, const std::string& b) const {
    for (const char* name : {"model.safetensors", "checkpoint.safetensors"})
      EXPECT_TRUE(file(a, name) == file(b, name)) << name;
    EXPECT_EQ(metrics(a), metrics(b));
    EXPECT_EQ(metrics(a).size(), static_cast<std::size_t>(kUpdates));
  }

  Folder folder_;
  std::string levels_ = folder_ / "two.txt";
  std::vector<std::string> settings_{"num_envs=4", "minibatch_envs=2", "unroll=5", "network.hidden=16",
                                     "checkpoint_minutes=0"};
};

TEST_F(TrainCommand, LeavesWeightsMetricsConfigurationAndCheckpoint) {
  const Output output = boxwarp(arguments("run"));
  ASSERT_EQ(output.status, 0) << output.err;
  EXPECT_NE(output.out.find("memory"), std::string::npos);
  EXPECT_NE(output.out.find("parameters, norm"), std::string::npos);
  const auto lines = lines_of(file("run", "metrics.jsonl"));
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kUpdates));
  const auto last = nlohmann::json::parse(lines.back());
  for (const char* name :
       {"update", "frames", "seconds", "frames_per_second", "learning_rate", "entropy", "policy_loss", "value_loss",
        "gradient_norm", "explained_variance", "episodes", "solved", "mean_return", "mean_length"}) {
    ASSERT_TRUE(last.contains(name)) << name;
    EXPECT_TRUE(std::isfinite(last[name].get<double>())) << name;
  }
  EXPECT_EQ(last["update"], kUpdates);
  EXPECT_EQ(last["frames"], kUpdates * kFramesPerUpdate);
  const auto config = nlohmann::json::parse(file("run", "config.json"));
  EXPECT_EQ(config["train"]["network"]["hidden"], 16);
  EXPECT_GT(config["memory_bytes"]["total"].get<std::int64_t>(), 0);
  EXPECT_EQ(config["levels"][0], levels_);
  EXPECT_TRUE(read_safetensors(folder_ / "run/model.safetensors").tensors.contains("action_net.weight"));
}

TEST_F(TrainCommand, KilledAtAnyMomentItGoesOnToTheSameBytes) {
  ASSERT_EQ(boxwarp(arguments("straight")).status, 0);
  for (const int lines : {1, 7, 23}) {
    const std::string out = "killed" + std::to_string(lines);
    EXPECT_EQ(run_until(out, lines, SIGKILL), -1);
    const Output output = resumed(out);
    ASSERT_EQ(output.status, 0) << output.err;
    expect_same_run("straight", out);
  }
}

TEST_F(TrainCommand, KilledOnLevelsWithoutEndItGoesOnToTheSameBytes) {
  levels_ = "generated:size=6x7,boxes=1,pushes=2:6,seed=5";
  const Output kept = boxwarp(arguments("kept"));
  ASSERT_EQ(kept.status, 0) << kept.err;
  EXPECT_NE(kept.out.find("plays no other levels than these 1,000; --set curriculum=0 draws new ones"), std::string::npos)
      << kept.out;
  settings_.push_back("curriculum=0");
  const Output whole = boxwarp(arguments("whole"));
  ASSERT_EQ(whole.status, 0) << whole.err;
  EXPECT_EQ(whole.out.find("--set curriculum=0 draws new ones"), std::string::npos) << whole.out;
  EXPECT_NE(metrics("whole"), metrics("kept"));
  EXPECT_EQ(run_until("killed", 12, SIGKILL), -1);
  const Output output = resumed("killed");
  ASSERT_EQ(output.status, 0) << output.err;
  expect_same_run("killed", "whole");
  EXPECT_TRUE(metrics("whole").back().contains("level_reuse"));
}

TEST_F(TrainCommand, SettingsAreListedWithTheirValuesAndWhatTheyAre) {
  const Output output = boxwarp({"train", "--settings", "--preset", "quick", "--set", "network.ticks=2"});
  ASSERT_EQ(output.status, 0) << output.err;
  std::map<std::string, std::string> values;
  for (const std::string& line : lines_of(output.out)) {
    std::istringstream words(line);
    std::string name, text;
    words >> name;
    words >> values[name];
    std::getline(words >> std::ws, text);
    EXPECT_GT(text.size(), 5u) << line;
  }
  std::size_t settings = 0;
  TrainConfig config = preset("quick");
  config.network.ticks = 2;
  const nlohmann::json all = nlohmann::json::parse(to_json(config).dump()).flatten();
  for (const auto& [name, value] : all.items()) {
    const std::string dotted = std::regex_replace(name.substr(1), std::regex("/"), ".");
    ASSERT_TRUE(values.contains(dotted)) << dotted;
    const nlohmann::json told = nlohmann::json::parse(values[dotted], nullptr, false);
    EXPECT_EQ(told.is_discarded() ? nlohmann::json(values[dotted]) : told, value) << dotted;
    ++settings;
  }
  EXPECT_EQ(values.size(), settings + 1) << "and the heading";
}

TEST_F(TrainCommand, ASetThatSaysItsCountIsNotCalledEndless) {
  levels_ = "generated:size=6x7,boxes=1,pushes=2:6,seed=5,count=20";
  const Output output = boxwarp(arguments("counted"));
  ASSERT_EQ(output.status, 0) << output.err;
  EXPECT_EQ(output.out.find("draws new ones"), std::string::npos) << output.out;
}

TEST_F(TrainCommand, ALongRunOnAProcessorIsToldOfTheQuickPreset) {
  const std::string note = "on a processor --preset quick learns in minutes";
  const Output paper =
      boxwarp_in_terminal(arguments("paper", {"--frames", "2000000000", "--device", "cpu"}), {}, {}, SIGKILL, note);
  EXPECT_NE(paper.out.find(note), std::string::npos) << paper.out;
  const Output output = boxwarp(arguments("quick", {"--device", "cpu"}));
  EXPECT_EQ(output.status, 0);
  EXPECT_EQ(output.out.find(note), std::string::npos) << output.out;
}

TEST_F(TrainCommand, StoppedByASignalItSavesAndEndsWith130) {
  ASSERT_EQ(boxwarp(arguments("straight")).status, 0);
  for (const int signal : {SIGINT, SIGTERM}) {
    const std::string out = "stopped" + std::to_string(signal);
    EXPECT_EQ(run_until(out, 3, signal), 130);
    ASSERT_EQ(resumed(out).status, 0);
    expect_same_run("straight", out);
  }
}

TEST_F(TrainCommand, ALongerRunIsAShortOneContinued) {
  ASSERT_EQ(boxwarp(arguments("straight")).status, 0);
  ASSERT_EQ(boxwarp(arguments("short", {"--frames", std::to_string(kUpdates / 2 * kFramesPerUpdate)})).status, 0);
  ASSERT_EQ(
      boxwarp({"train", "--out", folder_ / "short", "--resume", "--frames", std::to_string(kUpdates * kFramesPerUpdate)})
          .status,
      0);
  expect_same_run("straight", "short");
}

TEST_F(TrainCommand, AnExistingFolderIsNotOverwritten) {
  ASSERT_EQ(boxwarp(arguments("run")).status, 0);
  const std::string before = file("run", "model.safetensors");
  const Output output = boxwarp(arguments("run"));
  EXPECT_EQ(output.status, 2);
  EXPECT_NE(output.err.find("--resume"), std::string::npos);
  EXPECT_TRUE(file("run", "model.safetensors") == before);
}

TEST_F(TrainCommand, ContinuingUnderOtherSettingsIsRefused) {
  ASSERT_EQ(boxwarp(arguments("run")).status, 0);
  const Output output = boxwarp({"train", "--out", folder_ / "run", "--resume", "--set", "gamma=0.5"});
  EXPECT_EQ(output.status, 2);
  EXPECT_NE(output.err.find("another configuration\n  gamma: 0.93 there, 0.5 here"), std::string::npos) << output.err;
  EXPECT_NE(output.err.find("--continue-from " + folder_ / "run/light.safetensors"), std::string::npos) << output.err;
}

TEST_F(TrainCommand, ARunAtItsEndIsSaidToBe) {
  ASSERT_EQ(boxwarp(arguments("run")).status, 0);
  const Output done = resumed("run");
  EXPECT_EQ(done.status, 0);
  const std::string before = file("run", "config.json");
  EXPECT_NE(done.out.find("at its end; --frames"), std::string::npos) << done.out;
  const Output shorter = boxwarp({"train", "--out", folder_ / "run", "--resume", "--frames", "100"});
  EXPECT_EQ(shorter.status, 2);
  EXPECT_NE(shorter.err.find("frames: found 100, and the run is at frame 800"), std::string::npos) << shorter.err;
  EXPECT_EQ(file("run", "config.json"), before);
  const Output onwards =
      boxwarp({"train", "--continue-from", folder_ / "run", "--levels", levels_, "--out", folder_ / "next"});
  EXPECT_EQ(onwards.status, 2);
  EXPECT_NE(onwards.err.find("at frame 800, and this run ends after 800"), std::string::npos) << onwards.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "next"));
}

TEST_F(TrainCommand, BeginsWithWeightsAlone) {
  ASSERT_EQ(boxwarp(arguments("first", {"--frames", "100"})).status, 0);
  const Output output = boxwarp(arguments("second", {"--continue-from", folder_ / "first/model.safetensors"}));
  ASSERT_EQ(output.status, 0) << output.err;
  EXPECT_NE(output.out.find("holds weights alone: moments are fresh"), std::string::npos) << output.out;
  EXPECT_EQ(metrics("second").front()["update"], 1);
  EXPECT_EQ(metrics("second").size(), static_cast<std::size_t>(kUpdates));
  ASSERT_EQ(boxwarp(arguments("random")).status, 0);
  EXPECT_NE(metrics("second").front()["policy_loss"], metrics("random").front()["policy_loss"]);
}

TEST_F(TrainCommand, TheConfigurationOfARunStartsAnother) {
  settings_.push_back("gamma=0.5");
  ASSERT_EQ(boxwarp(arguments("run")).status, 0);
  ASSERT_EQ(
      boxwarp({"train", "--levels", levels_, "--config", folder_ / "run/config.json", "--out", folder_ / "again"}).status,
      0);
  expect_same_run("run", "again");
}

TEST_F(TrainCommand, KeepsSnapshotsThatEvalReads) {
  ASSERT_EQ(boxwarp(arguments("straight")).status, 0);
  settings_.push_back("snapshot_frames=200");
  EXPECT_EQ(run_until("run", 23, SIGKILL), -1);
  const std::string kept = file("run", "model-400.safetensors");
  ASSERT_FALSE(kept.empty());
  ASSERT_EQ(resumed("run").status, 0);
  expect_same_run("straight", "run");
  EXPECT_TRUE(file("run", "model-400.safetensors") == kept);
  EXPECT_TRUE(file("run", "model-800.safetensors") == file("run", "model.safetensors"));
  EXPECT_TRUE(file("run", "light.safetensors") == file("straight", "light.safetensors"));
  const auto played = [&](const std::string& weights) {
    const Output output = boxwarp({"eval", "--weights", folder_ / weights, "--levels", levels_, "--json", "--quiet"});
    EXPECT_EQ(output.status, 0) << output.err;
    return output.out;
  };
  const std::string expected = played("run/model.safetensors");
  for (const char* weights : {"run", "run/light.safetensors", "run/checkpoint.safetensors", "run/model-800.safetensors"})
    EXPECT_EQ(played(weights), expected) << weights;
}

TEST_F(TrainCommand, TwoProcessesDoNotTrainInOneFolder) {
  const int nowhere = open("/dev/null", O_WRONLY);
  const pid_t process = detail::start(arguments("run", {"--frames", "100000000"}), {}, nowhere, nowhere);
  close(nowhere);
  while (count_of(file("run", "metrics.jsonl"), "\n") < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const Output second = resumed("run");
  EXPECT_EQ(second.status, 2);
  EXPECT_NE(second.err.find("another process trains in this folder"), std::string::npos) << second.err;
  EXPECT_EQ(boxwarp({"eval", "--weights", folder_ / "run", "--levels", levels_, "--quiet"}).status, 0);
  kill(process, SIGKILL);
  detail::finish(process);
  EXPECT_EQ(boxwarp({"train", "--out", folder_ / "run", "--resume", "--frames", "100000000", "--set", "gamma=0.5"})
                .err.find("another process"),
            std::string::npos);
}

TEST_F(TrainCommand, AllMistakesAreNamedAtOnceAndNothingIsMade) {
  const Output output = boxwarp(arguments("run", {"--set", "gamma=7", "--set", "colour=red", "--set", "epochs=0"}));
  EXPECT_EQ(output.status, 2);
  for (const char* word : {"gamma", "colour", "epochs"}) EXPECT_NE(output.err.find(word), std::string::npos) << output.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  EXPECT_EQ(boxwarp({"train", "--preset", "quick", "--out", folder_ / "run"}).status, 2);
  EXPECT_EQ(boxwarp({"train", "--preset", "slow", "--levels", levels_, "--out", folder_ / "run"}).status, 2);
  EXPECT_EQ(boxwarp({"train", "--out", folder_ / "nowhere", "--resume"}).status, 2);
}

TEST_F(TrainCommand, GoesOnFromALightCheckpointWithFreshEpisodes) {
  ASSERT_EQ(boxwarp(arguments("first", {"--frames", std::to_string(kUpdates / 2 * kFramesPerUpdate)})).status, 0);
  const std::string light = folder_ / "first/light.safetensors";
  EXPECT_LT(file("first", "light.safetensors").size(), file("first", "checkpoint.safetensors").size());
  const auto go_on = [&](const std::string& out, std::vector<std::string> more) {
    std::vector<std::string> all{"train",       "--continue-from", light,
                                 "--levels",    levels_,           "--out",
                                 folder_ / out, "--frames",        std::to_string(kUpdates * kFramesPerUpdate)};
    all.insert(all.end(), more.begin(), more.end());
    return boxwarp(all);
  };
  const Output output = go_on("second", {});
  ASSERT_EQ(output.status, 0) << output.err;
  const auto lines = metrics("second");
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kUpdates / 2));
  EXPECT_EQ(lines.front()["update"], kUpdates / 2 + 1);
  EXPECT_LT(lines.front()["learning_rate"], metrics("first").back()["learning_rate"]) << "schedules go on";
  EXPECT_FALSE(file("first", "model.safetensors") == file("second", "model.safetensors"));
  // Twice as many boards: half as many updates for the frames that are left.
  ASSERT_EQ(go_on("wide", {"--set", "num_envs=8"}).status, 0);
  EXPECT_EQ(metrics("wide").size(), static_cast<std::size_t>(kUpdates / 4));
  const Output other = go_on("other", {"--set", "network.hidden=17"});
  EXPECT_EQ(other.status, 2);
  EXPECT_NE(other.err.find("another network"), std::string::npos) << other.err;
  EXPECT_EQ(go_on("other", {"--resume"}).status, 2);
}

// Files of this process and of those that it starts grow to so many bytes and no further, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : before_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit small{.rlim_cur = bytes, .rlim_max = limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    signal(SIGXFSZ, before_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit limit_{};
  sighandler_t before_;
};

TEST_F(TrainCommand, WhatIsRefusedLeavesTheFolderToTheCorrectedCommand) {
  ASSERT_EQ(boxwarp(arguments("first", {"--frames", "20"})).status, 0);
  const std::vector<std::string> light{"--frames", "40", "--continue-from", folder_ / "first/light.safetensors"};
  std::vector<std::string> other = light;
  other.insert(other.end(), {"--set", "network.hidden=32"});
  const Output refused = boxwarp(arguments("second", other));
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("holds another network"), std::string::npos) << refused.err;
  const Output corrected = boxwarp(arguments("second", light));
  EXPECT_EQ(corrected.status, 0) << corrected.err;
}

TEST_F(TrainCommand, ALevelFileWhoseNameIsNotUtf8IsRefusedBeforeTheFolderIsMade) {
  levels_ = folder_ / "two\xff.txt";
  write_text(levels_, kTwoLevels);
  const Output output = boxwarp(arguments("run"));
  EXPECT_EQ(output.status, 2) << output.err;
  EXPECT_NE(output.err.find("not UTF-8"), std::string::npos) << output.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

TEST_F(TrainCommand, AFullDiskEndsTheRunAndLeavesTheLastCheckpoint) {
  ASSERT_EQ(boxwarp(arguments("straight")).status, 0);
  ASSERT_EQ(boxwarp(arguments("run", {"--frames", std::to_string(kUpdates / 2 * kFramesPerUpdate)})).status, 0);
  const std::vector<std::string> rest{"train",    "--out",    folder_ / "run",
                                      "--resume", "--frames", std::to_string(kUpdates * kFramesPerUpdate)};
  {
    const FullDisk disk(64 * 1024);  // more than the metrics, less than a checkpoint
    ASSERT_GT(file("run", "checkpoint.safetensors").size(), 64u * 1024);
    const Output output = boxwarp(rest);
    EXPECT_EQ(output.status, 1);
    EXPECT_NE(output.err.find("the last good checkpoint is " + folder_ / "run/checkpoint.safetensors"), std::string::npos)
        << output.err;
  }
  ASSERT_EQ(boxwarp(rest).status, 0);
  expect_same_run("straight", "run");
}

TEST_F(TrainCommand, ALossThatIsNotFiniteEndsTheRunWithOne) {
  const Output output = boxwarp(arguments("run", {"--set", "learning_rate=1e30"}));
  EXPECT_EQ(output.status, 1);
  EXPECT_NE(output.err.find("not finite"), std::string::npos) << output.err;
  EXPECT_NE(output.err.find("the last good checkpoint is"), std::string::npos) << output.err;
}

TEST_F(TrainCommand, ACheckpointThatIsCutShortOrOfAnotherVersionNamesTheLightOne) {
  ASSERT_EQ(boxwarp(arguments("run")).status, 0);
  const std::string path = folder_ / "run/checkpoint.safetensors", good = content(path);
  const auto refused = [&](const std::string& word) {
    const Output output = resumed("run");
    EXPECT_EQ(output.status, 2);
    EXPECT_NE(output.err.find(word), std::string::npos) << output.err;
    return output.err;
  };
  write_text(path, good.substr(0, good.size() - 100));
  EXPECT_NE(refused("checkpoint.safetensors").find("light.safetensors at frame 800"), std::string::npos);
  write_text(path, good);
  Safetensors newer = read_safetensors(path);
  newer.metadata["format"] = "boxwarp.checkpoint 9";
  write_safetensors(path, newer);
  EXPECT_NE(refused("boxwarp.checkpoint 9").find("light.safetensors at frame 800"), std::string::npos);
  write_text(folder_ / "run/light.safetensors", "short");
  refused("no other checkpoint");
}

TEST_F(TrainCommand, ADeviceThatIsNotThereEndsWithThree) {
  EXPECT_EQ(boxwarp(arguments("run", {"--device", "cuda"})).status, 3);
  EXPECT_EQ(boxwarp(arguments("run", {"--device", "gpu"})).status, 2);
}

}  // namespace
}  // namespace boxwarp::test
