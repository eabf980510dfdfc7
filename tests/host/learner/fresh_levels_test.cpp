// Levels that a run makes anew before each update: where the environments play, or by threads ahead of need.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/learner/run_folder.hpp"
#include "host/learner/trainer.hpp"
#include "levels/error.hpp"
#include "levels/level_set.hpp"
#include "tests/host/learner/small_run.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const LevelBank> generated(const std::string& source) {
  return std::make_shared<const LevelBank>(load_levels({source}));
}

class FreshLevels : public testing::TestWithParam<Algorithm> {
 protected:
  FreshLevels() : config_(test::small_config(GetParam())) {
    config_.curriculum = 0;
    config_.fresh_levels = 6;
  }

  // Everything after `updates` updates, as the bytes of a checkpoint. The process is killed after `restart_after` of them
  // and one more, and begun anew.
  std::string state_after(int updates, const std::shared_ptr<const LevelBank>& levels, int threads, int restart_after = -1) {
    auto t = std::make_unique<Trainer>(config_, levels, open_device("cpu", threads));
    for (int i = 0; i < updates; ++i) {
      if (i == restart_after) {
        t->save(folder_.path() / "half");
        t->update();
        t = std::make_unique<Trainer>(config_, levels, open_device("cpu", threads));
        t->restore(folder_.path() / "half");
      }
      t->update();
    }
    t->save(folder_.path() / "state");
    return test::bytes_of(folder_.path() / "state");
  }

  TrainConfig config_;
  test::TemporaryFolder folder_{"fresh_levels"};
};

// Six of a set of ten, so that places are filled round and round.
TEST_P(FreshLevels, AreTheSameAfterARestartAndForAnyNumberOfThreads) {
  const auto levels = generated("generated:size=6x7,boxes=1,count=10,seed=5");
  const std::string straight = state_after(6, levels, 1);
  EXPECT_TRUE(state_after(6, levels, 3, 3) == straight);
  config_.fresh_levels = 5;
  EXPECT_FALSE(state_after(6, levels, 1) == straight);
  EXPECT_THROW(Trainer(config_, test::easy_levels(), open_device("cpu", 1)), BadInput);
  config_.fresh_levels = 11;
  EXPECT_THROW(Trainer(config_, levels, open_device("cpu", 1)), BadInput);
  config_.fresh_levels = 6;
  config_.curriculum = 0.5;
  EXPECT_THROW(Trainer(config_, levels, open_device("cpu", 1)), BadInput);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, FreshLevels, testing::Values(Algorithm::vtrace, Algorithm::a2c, Algorithm::ppo),
                         test::algorithm_name);

class PooledLevels : public FreshLevels {};
INSTANTIATE_TEST_SUITE_P(Ppo, PooledLevels, testing::Values(Algorithm::ppo));

TEST_P(PooledLevels, AreTheSameAfterARestartAndForAnyNumberOfThreads) {
  const auto levels = generated("generated:size=7x7,boxes=1,pushes=2:6,count=10,seed=5");
  const std::string straight = state_after(5, levels, 1);
  EXPECT_TRUE(state_after(5, levels, 3, 3) == straight);
  EXPECT_TRUE(state_after(5, levels, 2, 0) == straight);
}

// A trainer that goes back to an older checkpoint makes the levels of then, which its pool is past.
TEST_P(PooledLevels, AreTheSameAgainAfterGoingBack) {
  const auto levels = generated("generated:size=7x7,boxes=1,pushes=2:6,count=10,seed=5");
  Trainer t(config_, levels, open_device("cpu", 2));
  for (int i = 0; i < 3; ++i) t.update();
  t.save(folder_.path() / "half");
  for (int i = 0; i < 2; ++i) t.update();
  t.restore(folder_.path() / "half");
  for (int i = 0; i < 2; ++i) t.update();
  t.save(folder_.path() / "state");
  EXPECT_TRUE(test::bytes_of(folder_.path() / "state") == state_after(5, levels, 1));
}

TEST_P(PooledLevels, NeverRunOutUnlessANumberWasAskedFor) {
  config_.fresh_levels = 0;
  const auto fresh = [this](const char* source) {
    return Trainer(config_, generated(source), open_device("cpu", 1)).config().fresh_levels;
  };
  const std::int64_t frames = config_.frames_per_update();
  EXPECT_EQ(fresh("generated:size=7x7,boxes=1,pushes=2:6,seed=5"), (frames + config_.max_steps - 1) / config_.max_steps);
  EXPECT_EQ(fresh("generated:size=7x7,boxes=1,pushes=2:6,seed=5,count=20"), 0);
}

// Half as many threads as the run may have: six work, five of them beside the caller, and three make levels.
TEST_P(PooledLevels, TakeHalfOfTheThreadsThatTheRunMayHave) {
  const auto threads = [] { return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()); };
  std::thread([] {}).join();  // with the first a sanitizer starts one of its own, which stays
  const auto before = threads();
  Trainer t(config_, generated("generated:size=7x7,boxes=1,pushes=2:6,count=10,seed=5"), open_device("cpu", 6));
  EXPECT_EQ(threads() - before, 5);
  t.update();
  EXPECT_EQ(threads() - before, 5 + 3);
}

// Few of these rooms have a level: id 0 is found, those behind it are not.
TEST(Trainer, TellsWhichNewLevelsWereNotFound) {
  TrainConfig config = test::small_config(Algorithm::ppo);
  config.curriculum = 0;
  config.fresh_levels = 1;
  Trainer trainer(config, generated("generated:size=6x6,boxes=1,moves=9-9,turns=2,walk=3,count=1,seed=3"),
                  open_device("cpu", 1));
  test::TemporaryFolder folder("not_found");
  RunFolder run = RunFolder::create(folder.path() / "run", {"generated"});
  run.write_config(trainer);
  std::int64_t kept = 0;
  for (int i = 0; i < 3; ++i) {
    const UpdateMetrics metrics = trainer.update();
    EXPECT_EQ(metrics.fresh_levels, 1);
    EXPECT_EQ(metrics.level_reuse(), metrics.levels_kept == 1 ? 0.0 : static_cast<double>(metrics.episodes.episodes));
    if (i == 0) {
      EXPECT_EQ(metrics.levels_kept, 0) << "nothing is made before the first update";
    }
    kept += metrics.levels_kept;
    run.append(metrics, i);
    std::ifstream lines(folder.path() / "run" / "metrics.jsonl");
    std::string line;
    for (int j = 0; j <= i; ++j) std::getline(lines, line);
    EXPECT_EQ(nlohmann::json::parse(line)["levels_kept"], metrics.levels_kept) << line;
  }
  EXPECT_GT(kept, 0);
}

}  // namespace
}  // namespace boxwarp
