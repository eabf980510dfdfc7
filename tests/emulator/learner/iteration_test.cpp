// A whole iteration on the emulator beside the processor's: the same description, every operation a kernel.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "emulator/far_memory.hpp"
#include "host/learner/safetensors.hpp"
#include "host/learner/trainer.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
namespace emulated {
const LearnOps& learn_ops();
const NetOps& net_ops();
}  // namespace emulated

namespace test {
namespace {

Device whole_device() {
  Device device = emulated_device(emulator::Schedule{});
  device.net = &emulated::net_ops();
  device.learn = &emulated::learn_ops();
  return device;
}

// One box, one push away from its target.
std::shared_ptr<const LevelBank> tiny_level() { return bank_from({{"#####", "#@$.#", "#####"}}); }

TrainConfig tiny_config(Algorithm algorithm) {
  TrainConfig config = preset("quick");
  config.algorithm = algorithm;
  config.num_envs = config.minibatch_envs = 3;
  config.epochs = 1;
  config.unroll = 4;
  config.min_steps = 2;
  config.max_steps = 3;
  config.symmetry = false;
  config.curriculum = 0;
  config.truncation = Truncation::final;
  config.head_l2 = config.logit_l2 = 1e-3;
  config.network.ticks = 2;
  config.network.hidden = 16;
  config.precision = PrecisionChoice::float32;
  return config;
}

// Adam's first moments after one gradient step are the clipped gradient times 1 - beta1. Each element of it is a sum of up
// to steps x boards x cells x ticks products (4 x 3 x 15 x 2 = 360), whose order differs: 360 roundings of 2^-24 in either
// order, 4.3e-5 of the sum of their sizes, for which the largest element stands.
constexpr double kGradientTolerance = 4.3e-5;
constexpr double kLossTolerance = 1e-5;  // of sums over 12 samples of what passed through 30 layers' sums of 144 products

std::vector<float> first_moments(const Trainer& trainer) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("boxwarp_moments_" + std::to_string(getpid()));
  trainer.save_light(file);
  const StoredTensor m = read_safetensors(file).tensors.at("adam.m");
  std::filesystem::remove(file);
  std::vector<float> values(m.data.size() / sizeof(float));
  std::memcpy(values.data(), m.data.data(), m.data.size());
  return values;
}

class WholeIteration : public testing::TestWithParam<Algorithm> {};
INSTANTIATE_TEST_SUITE_P(Emulator, WholeIteration, testing::Values(Algorithm::vtrace, Algorithm::ppo));

TEST_P(WholeIteration, EqualsTheProcessors) {
  const TrainConfig config = tiny_config(GetParam());
  Trainer far(config, tiny_level(), whole_device()), near(config, tiny_level(), open_device("cpu", 1));
  const UpdateMetrics a = far.update(), b = near.update();
  EXPECT_EQ(a.episodes.episodes, b.episodes.episodes);
  EXPECT_EQ(a.episodes.steps, b.episodes.steps);
  EXPECT_EQ(a.episodes.solved, b.episodes.solved);
  EXPECT_GT(b.episodes.episodes, b.episodes.solved) << "some episodes are to run out of time";
  EXPECT_EQ(a.learning_rate, b.learning_rate);
  const auto near_enough = [](double x, double y) {
    return std::isfinite(x) && std::abs(x - y) <= kLossTolerance * (1 + std::abs(y));
  };
  EXPECT_TRUE(near_enough(a.policy_loss, b.policy_loss)) << a.policy_loss << ' ' << b.policy_loss;
  EXPECT_TRUE(near_enough(a.value_loss, b.value_loss)) << a.value_loss << ' ' << b.value_loss;
  EXPECT_TRUE(near_enough(a.entropy, b.entropy)) << a.entropy << ' ' << b.entropy;
  EXPECT_TRUE(near_enough(a.gradient_norm, b.gradient_norm)) << a.gradient_norm << ' ' << b.gradient_norm;
  const std::vector<float> m = first_moments(far), expected = first_moments(near);
  ASSERT_EQ(m.size(), expected.size());
  double largest = 0, worst = 0;
  for (const float value : expected) largest = std::max(largest, std::abs(double{value}));
  for (std::size_t i = 0; i < m.size(); ++i) {
    ASSERT_TRUE(std::isfinite(m[i]));
    worst = std::max(worst, std::abs(double{m[i]} - expected[i]));
  }
  EXPECT_GT(largest, 0);
  EXPECT_LE(worst, kGradientTolerance * largest);
}

// Recorded updates, too: only the first is not. The board is solved in one push, and the value of its few states is learned.
TEST(SeriesOfIterations, ASeriesLowersTheLossAsTheProcessorsDoes) {
  TrainConfig config = tiny_config(Algorithm::vtrace);
  config.learning_rate = config.learning_rate_end = 5e-3;
  Trainer far(config, tiny_level(), whole_device()), near(config, tiny_level(), open_device("cpu", 1));
  double first = 0, last = 0;
  for (int i = 0; i < 10; ++i) {
    const double loss = far.update().value_loss, expected = near.update().value_loss;
    if (i == 0) first = expected;
    if (i < 3) {
      EXPECT_NEAR(loss, expected, 0.01 * expected) << i;
    }
    if (i == 9) {
      EXPECT_LT(expected, first / 2) << "the processor's fall";
    }
    last = loss;
  }
  EXPECT_LT(last, first / 2);
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
