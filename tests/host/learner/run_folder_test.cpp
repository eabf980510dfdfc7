// The folder of a run: what is saved in which order, what a run goes on from, and what is refused before it is written.
#include "host/learner/run_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

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
  Trainer trainer(int threads) const {
    return Trainer(small_config(Algorithm::ppo), test::easy_levels(), open_device("cpu", threads));
  }
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
