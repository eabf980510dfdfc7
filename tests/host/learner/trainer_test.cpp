// What must hold for a whole training run: the same bits for any number of threads and after a restart, and that it learns.
#include "host/learner/trainer.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "host/learner/evaluation.hpp"
#include "levels/error.hpp"
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
