// The folder of a run: what is saved in which order, what a run goes on from, and what is refused before it is written.
#include "host/learner/run_folder.hpp"
#include "host/learner/light_checkpoint.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "levels/error.hpp"
#include "tests/host/learner/small_run.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
namespace {

namespace fs = std::filesystem;
using test::bytes_of;
using test::small_config;

class RunFolders : public testing::Test {
 protected:
  static Trainer trainer(int threads) { return test::small_trainer(Algorithm::ppo, threads); }
  // A run of two updates.
  void make_run() const {
    Trainer t = trainer(1);
    RunFolder folder = RunFolder::create(path_, {"levels"});
    folder.write_config(t);
    for (int i = 1; i <= 2; ++i) folder.append(t.update(), i);
    folder.save(t);
  }
  void expect_resume_refused(const std::string& because) const {
    try {
      RunFolder folder = RunFolder::open(path_);
      Trainer t = trainer(1);
      folder.resume(t);
      ADD_FAILURE() << "accepted, expected: " << because;
    } catch (const BadInput& error) {
      EXPECT_NE(std::string(error.what()).find(because), std::string::npos) << error.what();
    }
  }
  static void replace(const fs::path& file, const std::string& from, const std::string& to) {
    std::string text = bytes_of(file);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    std::ofstream(file) << text.replace(at, from.size(), to);
  }

  test::TemporaryFolder temporary_{"run_folder"};
  const fs::path& folder_ = temporary_.path();
  const fs::path path_ = folder_ / "run";
};

TEST_F(RunFolders, AFolderGoesOnWhereItsCheckpointIsAndDropsLaterMetrics) {
  Trainer t = trainer(1);
  {
    RunFolder folder = RunFolder::create(path_, {"levels"});
    folder.write_config(t);
    for (int i = 1; i <= 3; ++i) {
      folder.append(t.update(), i);
      if (i == 2) folder.save(t);
    }
  }
  std::ofstream(path_ / "metrics.jsonl", std::ios::app) << "{\"update\": 4, \"fra";  // killed while writing
  EXPECT_THROW(RunFolder::create(path_, {"levels"}), BadInput);
  RunFolder folder = RunFolder::open(path_);
  Trainer again(folder.config(), test::easy_levels(), open_device("cpu", 1));
  folder.resume(again);
  EXPECT_EQ(again.updates(), 2);
  EXPECT_EQ(folder.seconds_before(), 2.0);
  folder.append(again.update(), 3.0);
  const std::string metrics = bytes_of(path_ / "metrics.jsonl");
  EXPECT_EQ(std::count(metrics.begin(), metrics.end(), '\n'), 3);
  again.save(folder_ / "again");
  t.save(folder_ / "straight");
  EXPECT_TRUE(bytes_of(folder_ / "again") == bytes_of(folder_ / "straight"));
}

// Killed between the small files and the complete checkpoint: the checkpoint decides.
TEST_F(RunFolders, GoOnToTheSameBytesFromACheckpointOlderThanTheRest) {
  Trainer t = trainer(1);
  {
    RunFolder folder = RunFolder::create(path_, {"levels"});
    folder.write_config(t);
    folder.append(t.update(), 1);
    folder.save(t);
    fs::copy_file(folder.checkpoint(), folder_ / "older");
    for (int i = 2; i <= 4; ++i) folder.append(t.update(), i);
    folder.save(t);
    fs::rename(folder_ / "older", folder.checkpoint());
  }
  RunFolder folder = RunFolder::open(path_);
  Trainer again = trainer(1);
  folder.resume(again);
  EXPECT_EQ(again.updates(), 1);
  for (int i = 2; i <= 6; ++i) folder.append(again.update(), i);
  folder.save(again);
  for (int i = 5; i <= 6; ++i) t.update();
  t.save(folder_ / "straight");
  EXPECT_TRUE(bytes_of(folder.checkpoint()) == bytes_of(folder_ / "straight"));
  EXPECT_EQ(load_weights(folder.model()).values, t.weights().values);
  EXPECT_EQ(read_light(folder.light()).frames, t.frames());
}

TEST_F(RunFolders, SaveTheSmallFilesBeforeTheLargeOne) {
  Trainer t = trainer(1);
  RunFolder folder = RunFolder::create(path_, {"levels"});
  folder.write_config(t);
  fs::create_directories(folder.checkpoint() / "in the way");
  EXPECT_THROW(folder.save(t), std::runtime_error);
  EXPECT_EQ(load_weights(folder.model()).values, t.weights().values);
  EXPECT_EQ(read_light(folder.light()).frames, 0);
}

TEST_F(RunFolders, KeepEveryFileAfterAnUpdateThatWasNotFinite) {
  TrainConfig config = small_config(Algorithm::vtrace);
  config.learning_rate = config.learning_rate_end = 1e30;
  config.frames = 20 * config.frames_per_update();
  Trainer t(config, test::easy_levels(), open_device("cpu", 1));
  RunFolder folder = RunFolder::create(path_, {"levels"});
  folder.write_config(t);
  folder.save(t);
  const auto all = [&] {
    return std::vector{bytes_of(folder.checkpoint()), bytes_of(folder.light()), bytes_of(folder.model())};
  };
  const auto before = all();
  const auto run = [&t] {
    while (!t.finished()) t.update();
  };
  EXPECT_THROW(run(), std::runtime_error);
  EXPECT_THROW(folder.save(t), std::runtime_error);
  EXPECT_TRUE(all() == before);
}

TEST_F(RunFolders, KeepAnAgentEachSoManyFramesAndEveryOtherByteAsItIs) {
  const auto run = [&](const std::string& name, std::int64_t snapshot_frames) {
    TrainConfig config = small_config(Algorithm::ppo);  // six updates of 144 frames
    config.snapshot_frames = snapshot_frames;
    Trainer t(config, test::easy_levels(), open_device("cpu", 1));
    RunFolder folder = RunFolder::create(folder_ / name, {"levels"});
    folder.write_config(t);
    std::vector<int> counts;
    while (!t.finished()) {
      counts.push_back(folder.updates_to_snapshot(t, 4));
      t.update();
      folder.save_snapshot(t);
    }
    folder.save(t);
    return counts;
  };
  const auto snapshots = [&](const std::string& name) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ / name))
      if (entry.path().filename().string().starts_with("model-")) names.insert(entry.path().filename().string());
    return names;
  };
  run("none", 0);
  EXPECT_TRUE(snapshots("none").empty());
  EXPECT_EQ(run("some", 300), (std::vector{3, 2, 1, 2, 1, 2}));  // one update at a time
  EXPECT_EQ(snapshots("some"), (std::set<std::string>{"model-432.safetensors", "model-720.safetensors"}));
  EXPECT_EQ(run("all", 100), std::vector(6, 1));
  EXPECT_EQ(snapshots("all").size(), 6u);
  EXPECT_TRUE(bytes_of(folder_ / "all/model-864.safetensors") == bytes_of(folder_ / "none/model.safetensors"));
  EXPECT_TRUE(bytes_of(folder_ / "all/model-432.safetensors") == bytes_of(folder_ / "some/model-432.safetensors"));
  for (const char* file : {"checkpoint.safetensors", "light.safetensors", "model.safetensors"})
    EXPECT_TRUE(bytes_of(folder_ / "none" / file) == bytes_of(folder_ / "all" / file)) << file;
}

TEST_F(RunFolders, ThatAreFurtherThanTheRunIsLongAreRefusedAsTheyAre) {
  make_run();
  const std::string metrics = bytes_of(path_ / "metrics.jsonl");
  RunFolder folder = RunFolder::open(path_);
  TrainConfig config = folder.config();
  config.frames = config.frames_per_update();  // of two updates that there are
  Trainer t(config, test::easy_levels(), open_device("cpu", 1));
  try {
    folder.resume(t);
    ADD_FAILURE() << "accepted";
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("frames: found 144, and the run is at frame 288 already"), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(bytes_of(path_ / "metrics.jsonl"), metrics);
}

TEST_F(RunFolders, AreOfOneProcessAtATime) {
  make_run();
  const auto elsewhere_refused = [&] {
    const pid_t child = fork();
    if (child == 0) {
      try {
        const FolderLock lock = lock_folder(path_);
      } catch (const BadInput&) {
        _exit(1);
      }
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status) == 1;
  };
  EXPECT_FALSE(elsewhere_refused());
  {
    RunFolder folder = RunFolder::open(path_);
    EXPECT_FALSE(elsewhere_refused()) << "who looks is no hindrance";
    Trainer t = trainer(1);
    folder.resume(t);
    EXPECT_TRUE(elsewhere_refused());
    Trainer again = trainer(1);
    EXPECT_NO_THROW(RunFolder::open(path_).resume(again)) << "the same process";
    EXPECT_TRUE(elsewhere_refused()) << "the first still has it";
  }
  EXPECT_FALSE(elsewhere_refused());
}

TEST_F(RunFolders, OfLevelsWhoseNamesAreNotUtf8AreNotMade) {
  EXPECT_THROW(RunFolder::create(path_, {"good", "bad\xff.txt"}), BadInput);
  EXPECT_FALSE(fs::exists(path_));
}

// Whatever comes between the folder and its first file may be refused, and then be done right.
TEST_F(RunFolders, AreEmptyUntilTheirConfigurationIsWritten) {
  RunFolder::create(path_, {"levels"});
  EXPECT_TRUE(fs::is_empty(path_));
  EXPECT_NO_THROW(RunFolder::create(path_, {"levels"}));
}

TEST_F(RunFolders, ThatWereEditedAreRefusedByName) {
  make_run();
  const fs::path config = path_ / "config.json", metrics = path_ / "metrics.jsonl";
  const std::string good_config = bytes_of(config), good_metrics = bytes_of(metrics);
  replace(config, "\"levels\"\n  ]", "7\n  ]");
  expect_resume_refused("not the configuration of a run");
  std::ofstream(config) << good_config;
  replace(metrics, "\"update\":2", "\"update\":\"2\"");
  expect_resume_refused("metrics.jsonl:2: this line of a run has no update that is a number");
  std::ofstream(metrics) << good_metrics;
  replace(metrics, "\"seconds\":1.0", "\"seconds\":null");
  expect_resume_refused("metrics.jsonl:1: this line of a run has no seconds that is a number");
}

}  // namespace
}  // namespace boxwarp
