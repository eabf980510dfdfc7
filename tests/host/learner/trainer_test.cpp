// What must hold for a whole training run: the same bits for any number of threads and after a restart, and that it learns.
#include "host/learner/trainer.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "host/learner/evaluation.hpp"
#include "host/learner/run_folder.hpp"
#include "host/learner/safetensors.hpp"
#include "levels/error.hpp"
#include "levels/level_set.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
namespace {

namespace fs = std::filesystem;

TrainConfig small_config(Algorithm algorithm) {
  TrainConfig config = preset("quick");
  config.algorithm = algorithm;
  config.num_envs = 24;
  config.minibatch_envs = 12;
  config.epochs = algorithm == Algorithm::ppo ? 2 : 1;
  config.unroll = 6;
  config.min_steps = 4;
  config.max_steps = 9;
  config.frames = 6 * config.frames_per_update();
  config.network.ticks = 2;
  config.network.layers = 2;
  config.network.hidden = 32;
  return config;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class TrainerTest : public testing::TestWithParam<Algorithm> {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("boxwarp_trainer_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  Trainer trainer(int threads) const {
    return Trainer(small_config(GetParam()), test::easy_levels(), open_device("cpu", threads));
  }
  // Everything after `updates` updates, as the bytes of a checkpoint.
  std::string state_after(int updates, int threads) const {
    Trainer t = trainer(threads);
    for (int i = 0; i < updates; ++i) t.update();
    t.save(folder_ / "state");
    return bytes_of(folder_ / "state");
  }

  fs::path folder_;
};

TEST_P(TrainerTest, SixUpdatesAreThreeARestartAndThree) {
  const std::string straight = state_after(6, 2);
  {
    Trainer first = trainer(2);
    for (int i = 0; i < 3; ++i) first.update();
    first.save(folder_ / "half");
  }
  Trainer second = trainer(2);
  second.restore(folder_ / "half");
  EXPECT_EQ(second.updates(), 3);
  for (int i = 0; i < 3; ++i) second.update();
  second.save(folder_ / "state");
  EXPECT_TRUE(bytes_of(folder_ / "state") == straight);
  EXPECT_TRUE(second.finished());
}

TEST_P(TrainerTest, NumberOfThreadsDoesNotShow) {
  const std::string one = state_after(3, 1);
  for (const int threads : {2, 3, 8}) EXPECT_TRUE(state_after(3, threads) == one) << threads;
}

TEST_P(TrainerTest, AnotherSeedIsAnotherRun) {
  TrainConfig config = small_config(GetParam());
  config.seed = 1;
  Trainer other(config, test::easy_levels(), open_device("cpu", 1));
  other.update();
  other.save(folder_ / "other");
  EXPECT_FALSE(bytes_of(folder_ / "other") == state_after(1, 1));
}

INSTANTIATE_TEST_SUITE_P(Algorithms, TrainerTest, testing::Values(Algorithm::vtrace, Algorithm::ppo),
                         [](const auto& parameter) { return parameter.param == Algorithm::ppo ? "ppo" : "vtrace"; });

// Levels made anew before each update: six of a set of ten, so that places are filled round and round.
TEST_P(TrainerTest, FreshLevelsAreTheSameAfterARestartAndForAnyNumberOfThreads) {
  TrainConfig config = small_config(GetParam());
  config.curriculum = 0;
  config.fresh_levels = 6;
  const auto levels = std::make_shared<const LevelBank>(load_levels({"generated:size=6x7,boxes=1,count=10,seed=5"}));
  const auto run = [&](int threads, int restart_after) {
    auto t = std::make_unique<Trainer>(config, levels, open_device("cpu", threads));
    for (int i = 0; i < 6; ++i) {
      if (i == restart_after) {
        t->save(folder_ / "half");
        t = std::make_unique<Trainer>(config, levels, open_device("cpu", threads));
        t->restore(folder_ / "half");
      }
      t->update();
    }
    t->save(folder_ / "state");
    return bytes_of(folder_ / "state");
  };
  const std::string straight = run(1, -1);
  EXPECT_TRUE(run(3, 3) == straight);
  config.fresh_levels = 5;
  EXPECT_FALSE(run(1, -1) == straight);
  EXPECT_THROW(Trainer(config, test::easy_levels(), open_device("cpu", 1)), BadInput);
  config.fresh_levels = 11;
  EXPECT_THROW(Trainer(config, levels, open_device("cpu", 1)), BadInput);
  config.fresh_levels = 6;
  config.curriculum = 0.5;
  EXPECT_THROW(Trainer(config, levels, open_device("cpu", 1)), BadInput);
}

class CheckpointTest : public TrainerTest {};
INSTANTIATE_TEST_SUITE_P(Ppo, CheckpointTest, testing::Values(Algorithm::ppo));

TEST_P(CheckpointTest, ADamagedFileIsRefusedWhereverTheDamageIs) {
  Trainer t = trainer(1);
  t.update();
  t.save(folder_ / "good");
  const std::string good = bytes_of(folder_ / "good");
  for (const std::size_t at : {std::size_t{0}, std::size_t{40}, good.size() / 3, good.size() / 2, good.size() - 1}) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 4);
    std::ofstream(folder_ / "bad", std::ios::binary) << bad;
    EXPECT_THROW(t.restore(folder_ / "bad"), BadInput) << at;
  }
  std::ofstream(folder_ / "short", std::ios::binary) << good.substr(0, good.size() - 100);
  EXPECT_THROW(t.restore(folder_ / "short"), BadInput);
  EXPECT_THROW(t.restore(folder_ / "absent"), BadInput);
}

TEST_P(CheckpointTest, AnotherConfigurationOrLevelSetIsRefused) {
  Trainer t = trainer(1);
  t.save(folder_ / "state");
  TrainConfig config = small_config(GetParam());
  config.gamma = 0.9;
  Trainer other(config, test::easy_levels(), open_device("cpu", 1));
  EXPECT_THROW(other.restore(folder_ / "state"), BadInput);
  const auto levels = test::bank_from({{"######", "#@$ .#", "#    #", "#    #", "######"}});
  Trainer elsewhere(small_config(GetParam()), levels, open_device("cpu", 1));
  EXPECT_THROW(elsewhere.restore(folder_ / "state"), BadInput);
}

TEST_P(CheckpointTest, AFolderGoesOnWhereItsCheckpointIsAndDropsLaterMetrics) {
  const fs::path path = folder_ / "run";
  Trainer t = trainer(1);
  {
    RunFolder folder = RunFolder::create(path, {"levels"});
    folder.write_config(t);
    for (int i = 1; i <= 3; ++i) {
      folder.append(t.update(), i);
      if (i == 2) folder.save(t);
    }
  }
  std::ofstream(path / "metrics.jsonl", std::ios::app) << "{\"update\": 4, \"fra";  // killed while writing
  EXPECT_THROW(RunFolder::create(path, {"levels"}), BadInput);
  RunFolder folder = RunFolder::open(path);
  Trainer again(folder.config(), test::easy_levels(), open_device("cpu", 1));
  folder.resume(again);
  EXPECT_EQ(again.updates(), 2);
  EXPECT_EQ(folder.seconds_before(), 2.0);
  folder.append(again.update(), 3.0);
  const std::string metrics = bytes_of(path / "metrics.jsonl");
  EXPECT_EQ(std::count(metrics.begin(), metrics.end(), '\n'), 3);
  again.save(folder_ / "again");
  t.save(folder_ / "straight");
  EXPECT_TRUE(bytes_of(folder_ / "again") == bytes_of(folder_ / "straight"));
}

TEST(Trainer, NamesEveryMistakeBeforeItStarts) {
  TrainConfig config = small_config(Algorithm::ppo);
  config.gamma = 2;
  config.network.height = 4;
  try {
    Trainer(config, test::easy_levels(), open_device("cpu", 1));
    FAIL();
  } catch (const BadInput& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("gamma"), std::string::npos);
    EXPECT_NE(text.find("4x6"), std::string::npos);
  }
}

// FNV-1a over names and bytes, as checkpoints have it.
std::string checksum_of(const Safetensors& file) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto mix = [&hash](std::uint8_t byte) { hash = (hash ^ byte) * 0x100000001b3u; };
  const auto mix_text = [&mix](const std::string& text) {
    for (const char letter : text) mix(static_cast<std::uint8_t>(letter));
  };
  for (const auto& [name, text] : file.metadata) {
    if (name == "checksum") continue;
    mix_text(name);
    mix_text(text);
  }
  for (const auto& [name, tensor] : file.tensors) {
    mix_text(name);
    for (const std::byte byte : tensor.data) mix(static_cast<std::uint8_t>(byte));
  }
  return fmt::format("{:016x}", hash);
}

TEST_P(TrainerTest, GoesOnFromACheckpointThatWasWrittenBeforeTheNetworkHadOptions) {
  Trainer first = trainer(1);
  first.update();
  first.save(folder_ / "old");
  Safetensors file = read_safetensors(folder_ / "old");
  auto config = nlohmann::ordered_json::parse(file.metadata["config"]);
  for (const char* option : {"kind", "output_gate", "boundary", "pooling", "skip", "head"}) {
    EXPECT_EQ(config["network"].erase(option), 1u) << option;
  }
  file.metadata["config"] = config.dump();
  file.metadata["checksum"] = checksum_of(file);
  write_safetensors(folder_ / "old", file);
  Trainer second = trainer(1);
  second.restore(folder_ / "old");
  EXPECT_EQ(second.updates(), 1);
  config["network"]["skip"] = "none";
  file.metadata["config"] = config.dump();
  file.metadata["checksum"] = checksum_of(file);
  write_safetensors(folder_ / "old", file);
  EXPECT_THROW(second.restore(folder_ / "old"), BadInput);
}

// Random play solves few of these within ten steps; after the budget nearly every episode is solved.
void expect_to_learn(const NetShape& network) {
  TrainConfig config = small_config(Algorithm::ppo);
  config.min_steps = config.max_steps = 10;
  config.num_envs = 32;
  config.minibatch_envs = 16;
  config.unroll = 10;
  config.frames = config.schedule_frames = 100 * config.frames_per_update();
  config.network = network;
  const auto levels = test::easy_levels();
  const Device device = open_device("cpu", 2);
  Trainer trainer(config, levels, device);
  const double before = trainer.update().episodes.solved_share();
  while (!trainer.finished()) trainer.update();
  EXPECT_LT(before, 0.5);
  EXPECT_EQ(evaluate(trainer.weights(), levels, device, 0, 10, 0).solved, 1.0);
}

NetShape small_network() {
  NetShape network = small_config(Algorithm::ppo).network;
  network.layers = network.ticks = 1;
  return network;
}

TEST(Trainer, LearnsAFewSmallLevels) { expect_to_learn(small_network()); }

TEST(Trainer, LearnsThemWithAResNet) {
  NetShape network = small_network();
  network.kind = NetKind::resnet;
  expect_to_learn(network);
}

TEST(Trainer, LearnsThemAsGuezHadTheNetworkWithAPooledHead) {
  NetShape network = small_network();
  network.output_gate = OutputGate::sigmoid;
  network.boundary = Boundary::rim;
  network.pooling = Pooling::full;
  network.skip = Skip::concatenation;
  network.head = NetHead::pooled;
  expect_to_learn(network);
}

}  // namespace
}  // namespace boxwarp
