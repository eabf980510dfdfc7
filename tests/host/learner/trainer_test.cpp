// What must hold for a whole training run: the same bits for any number of threads and after a restart, and that it learns.
#include "host/learner/trainer.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/learner/checkpoint_file.hpp"
#include "host/learner/evaluation.hpp"
#include "host/learner/run_folder.hpp"
#include "host/learner/safetensors.hpp"
#include "levels/error.hpp"
#include "levels/level_set.hpp"
#include "tests/host/learner/small_run.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
namespace {

namespace fs = std::filesystem;
using test::bytes_of;
using test::small_config;

class TrainerTest : public testing::TestWithParam<Algorithm> {
 protected:
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

  test::TemporaryFolder temporary_{"trainer"};
  const fs::path& folder_ = temporary_.path();
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

INSTANTIATE_TEST_SUITE_P(Algorithms, TrainerTest, testing::Values(Algorithm::vtrace, Algorithm::ppo), test::algorithm_name);

TEST_P(TrainerTest, NoOpIsAnActionThatIsTrainedAndKept) {
  TrainConfig config = small_config(GetParam());
  config.no_op = true;
  EXPECT_THROW(Trainer(config, test::easy_levels(), open_device("cpu", 1)), BadInput) << "the network has four";
  config.network.actions = 5;
  Trainer first(config, test::easy_levels(), open_device("cpu", 1)),
      second(config, test::easy_levels(), open_device("cpu", 2));
  first.update();
  first.save(folder_ / "half");
  first.save_light(folder_ / "light");
  second.restore(folder_ / "half");
  for (Trainer* trainer : {&first, &second}) trainer->update();
  EXPECT_EQ(first.weights().shape.actions, 5);
  EXPECT_EQ(first.weights().values, second.weights().values);
  second.continue_from(folder_ / "light");
  EXPECT_EQ(second.updates(), 1);
  EXPECT_THROW(evaluate(first.weights(), test::easy_levels(), open_device("cpu", 1), 0, 9, 0), BadInput);
  EXPECT_EQ(
      evaluate(first.weights(), test::easy_levels(), open_device("cpu", 1), 0, 9, 0, {}, Precision::bf16, {.no_op = true})
          .levels,
      test::easy_levels()->levels().size());
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

TEST_P(CheckpointTest, ALightOneHoldsWeightsMomentsAndCountersAlone) {
  Trainer t = trainer(1);
  for (int i = 0; i < 3; ++i) t.update();
  const fs::path light = folder_ / "light";
  t.save_light(light);
  EXPECT_LT(fs::file_size(light), 3 * sizeof(float) * t.weights().values.size() + 4096);
  TrainConfig config = small_config(GetParam());
  EXPECT_EQ(read_light(light).frames, t.frames());
  EXPECT_EQ(read_light(light).config.network, t.config().network);
  // Fresh episodes are the same wherever they begin, and not those of the first run's beginning.
  const std::vector<float> weights = t.weights().values;
  const auto after = [&](int threads) {
    Trainer other(config, test::easy_levels(), open_device("cpu", threads));
    other.continue_from(light);
    EXPECT_EQ(other.updates(), 3);
    EXPECT_EQ(other.weights().values, weights);
    EXPECT_EQ(other.update().update, 4);
    other.save(folder_ / "state");
    return bytes_of(folder_ / "state");
  };
  const std::string anew = after(1);
  EXPECT_TRUE(after(2) == anew);
  t.update();
  t.save(folder_ / "state");
  EXPECT_FALSE(bytes_of(folder_ / "state") == anew);
  EXPECT_THROW(t.restore(light), BadInput);
  EXPECT_THROW(t.continue_from(folder_ / "state"), BadInput);
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

TEST(Trainer, AnUpdateThatIsNotFiniteIsTheLast) {
  TrainConfig config = small_config(Algorithm::vtrace);
  config.learning_rate = config.learning_rate_end = 1e30;
  config.frames = 20 * config.frames_per_update();
  Trainer trainer(config, test::easy_levels(), open_device("cpu", 1));
  const auto run = [&trainer] {
    while (!trainer.finished()) trainer.update();
  };
  EXPECT_THROW(run(), std::runtime_error);
  EXPECT_FALSE(trainer.finished());
  EXPECT_THROW(trainer.save("nowhere"), std::runtime_error) << "the last good checkpoint is to stay";
}

// The weights that act are those before the last update: they differ from those that learn from the second update on.
TEST(Trainer, AnActorThatLagsPlaysWithTheWeightsBefore) {
  TrainConfig config = small_config(Algorithm::vtrace);
  const Device device = open_device("cpu", 1);
  Trainer prompt(config, test::easy_levels(), device);
  config.actor_lag = 1;
  Trainer lagging(config, test::easy_levels(), device);
  // Both act with the initial weights first, and learn the same from it.
  EXPECT_EQ(prompt.update().policy_loss, lagging.update().policy_loss);
  EXPECT_EQ(prompt.weights().values, lagging.weights().values);
  EXPECT_NE(prompt.update().policy_loss, lagging.update().policy_loss);
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
  write_checkpoint(folder_ / "old", file);
  Trainer second = trainer(1);
  second.restore(folder_ / "old");
  EXPECT_EQ(second.updates(), 1);
  config["network"]["skip"] = "none";
  file.metadata["config"] = config.dump();
  write_checkpoint(folder_ / "old", file);
  EXPECT_THROW(second.restore(folder_ / "old"), BadInput);
}

// Random play solves few of these within ten steps; after the budget nearly every episode is solved.
void expect_to_learn(Algorithm algorithm, const NetShape& network) {
  TrainConfig config = small_config(algorithm);
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

class LearnerTest : public testing::TestWithParam<Algorithm> {};
INSTANTIATE_TEST_SUITE_P(Algorithms, LearnerTest, testing::Values(Algorithm::vtrace, Algorithm::a2c, Algorithm::ppo),
                         test::algorithm_name);

TEST_P(LearnerTest, LearnsAFewSmallLevels) { expect_to_learn(GetParam(), small_network()); }

TEST(Trainer, LearnsThemWithAResNet) {
  NetShape network = small_network();
  network.kind = NetKind::resnet;
  expect_to_learn(Algorithm::ppo, network);
}

TEST(Trainer, LearnsThemAsGuezHadTheNetworkWithAPooledHead) {
  NetShape network = small_network();
  network.output_gate = OutputGate::sigmoid;
  network.boundary = Boundary::rim;
  network.pooling = Pooling::full;
  network.skip = Skip::concatenation;
  network.head = NetHead::pooled;
  expect_to_learn(Algorithm::ppo, network);
}

}  // namespace
}  // namespace boxwarp
