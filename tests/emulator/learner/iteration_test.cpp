// A whole iteration on the emulator beside the processor's: the same description, every operation a kernel.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "emulator/far_memory.hpp"
#include "emulator/net/fused_run.hpp"
#include "emulator/ops.hpp"
#include "host/learner/safetensors.hpp"
#include "host/learner/trainer.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
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
  return config;
}

// What differs between the backends is the network; how far its logits and values may be apart decides the rest.
struct Tolerance {
  double output;    // of logits and values
  double gradient;  // of the gradient that the network makes of the same gradients of outputs, as a share of its length
};

// Sums of 9 taps x (16 p and h + 16 e + 16 q) = 432 products in two orders, each rounding 2^-24 of a partial sum of one at
// most: sqrt(432) 2^-24 of random signs on either side. Ticks and steps before add as much again (slopes of gates are a half
// on average), and the worst number of some hundred is four times the typical one. A gradient's element is a sum of up to 4
// steps x 3 boards x 15 cells x 2 ticks = 360 products: as many roundings of 2^-24 on either side.
const Tolerance kFloat{.output = 4 * 2 * std::sqrt(2 * 432) * std::ldexp(1.0, -24),
                       .gradient = 2 * 360 * std::ldexp(1.0, -24)};
// As the network's own tests have it, where the reasons are.
const Tolerance kBf16{.output = kBf16Bound, .gradient = kBf16GradientShare};

// The first gradient step's ratios are one, so an advantage is the error (target - value) of its step (returns.hpp). With
// logits and values d off:
//   entropy      by d times the sum of |d H / d logit|, which is at most sqrt(1 + log(3)^2 / 4) for four actions;
//   errors       by 2 d: targets are means of sums of rewards and one value. PPO divides them by their spread: some of the
//                twelve steps solve the level and others do not, so it is half of their root mean square or more, and has
//                an error of its own;
//   value loss   mean of error^2: by twice 2 d times the mean |error|, below the root of the loss, and (2 d)^2;
//   policy loss  mean of -log p advantage: log p by 2 d; the mean of -log p is an entropy and its chance, below two;
//   gradient     as the outputs' gradients: advantages by their share, and p by d of 1 - p, which is half or more.
struct Bounds {
  double entropy, value_loss, policy_loss, gradient;

  Bounds(const Tolerance& tolerance, Algorithm algorithm, const UpdateMetrics& m) {
    const double d = tolerance.output, error = std::sqrt(m.value_loss);
    const bool divided = algorithm == Algorithm::ppo;
    const double advantage = divided ? 1 : error, off = divided ? 2 * 2 * d / (error / 2) : 2 * d;
    entropy = d * std::sqrt(1 + std::log(3.0) * std::log(3.0) / 4);
    value_loss = 4 * d * error + 4 * d * d;
    policy_loss = 2 * off + 2 * d * advantage;
    gradient = tolerance.gradient + off / advantage + 2 * d;
  }
};

void expect_near(const UpdateMetrics& found, const UpdateMetrics& expected, const Bounds& bounds) {
  EXPECT_EQ(found.episodes.episodes, expected.episodes.episodes);
  EXPECT_EQ(found.episodes.steps, expected.episodes.steps);
  EXPECT_EQ(found.episodes.solved, expected.episodes.solved);
  EXPECT_EQ(found.learning_rate, expected.learning_rate);
  EXPECT_NEAR(found.policy_loss, expected.policy_loss, bounds.policy_loss);
  EXPECT_NEAR(found.value_loss, expected.value_loss, bounds.value_loss);
  EXPECT_NEAR(found.entropy, expected.entropy, bounds.entropy);
  EXPECT_NEAR(found.gradient_norm, expected.gradient_norm, bounds.gradient * expected.gradient_norm);
}

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

struct Whole {
  Algorithm algorithm;
  PrecisionChoice precision;
};

class WholeIteration : public testing::TestWithParam<Whole> {};
INSTANTIATE_TEST_SUITE_P(Emulator, WholeIteration,
                         testing::Values(Whole{Algorithm::vtrace, PrecisionChoice::float32},
                                         Whole{Algorithm::ppo, PrecisionChoice::float32},
                                         Whole{Algorithm::vtrace, PrecisionChoice::bf16},
                                         Whole{Algorithm::ppo, PrecisionChoice::bf16}));

TEST_P(WholeIteration, EqualsTheProcessors) {
  TrainConfig config = tiny_config(GetParam().algorithm);
  config.precision = GetParam().precision;
  const bool bf16 = config.precision == PrecisionChoice::bf16;
  Trainer far(config, tiny_level(), whole_device()), near(config, tiny_level(), open_device("cpu", 1));
  EXPECT_EQ(far.kernels().find("fused") != std::string::npos, bf16) << far.kernels();
  const UpdateMetrics a = far.update(), b = near.update();
  EXPECT_GT(b.episodes.episodes, b.episodes.solved) << "some episodes are to run out of time";
  const Bounds bounds(bf16 ? kBf16 : kFloat, config.algorithm, b);
  expect_near(a, b, bounds);

  // Adam's first moments after one gradient step are the clipped gradient times 1 - beta1.
  const std::vector<float> m = first_moments(far), expected = first_moments(near);
  ASSERT_EQ(m.size(), expected.size());
  double length = 0, off = 0, largest = 0, worst = 0;
  for (std::size_t i = 0; i < m.size(); ++i) {
    ASSERT_TRUE(std::isfinite(m[i]));
    const double difference = double{m[i]} - expected[i];
    length += double{expected[i]} * expected[i];
    off += difference * difference;
    largest = std::max(largest, std::abs(double{expected[i]}));
    worst = std::max(worst, std::abs(difference));
  }
  EXPECT_GT(largest, 0);
  EXPECT_LE(std::sqrt(off), bounds.gradient * std::sqrt(length));
  EXPECT_LE(worst, bounds.gradient * largest);
  EXPECT_GT(off, 0) << "two different orders of sums";
}

TrainConfig series_config(PrecisionChoice precision) {
  TrainConfig config = tiny_config(Algorithm::vtrace);
  config.learning_rate = config.learning_rate_end = 5e-3;
  config.precision = precision;
  return config;
}

// Ten updates; all but the first are recorded ones. The board is solved in one push, and the value of its few states is
// learned.
TEST(SeriesOfIterations, EachUpdateIsTheProcessorsFromTheSameWeights) {
  const TrainConfig config = series_config(PrecisionChoice::float32);
  Trainer far(config, tiny_level(), whole_device()), near(config, tiny_level(), open_device("cpu", 1));
  const std::filesystem::path file = std::filesystem::temp_directory_path() / ("boxwarp_series_" + std::to_string(getpid()));
  for (int i = 0; i < 10; ++i) {
    SCOPED_TRACE(i);
    far.save(file);
    near.restore(file);
    const UpdateMetrics found = far.update(), expected = near.update();
    expect_near(found, expected, Bounds(kFloat, config.algorithm, expected));
  }
  std::filesystem::remove(file);
}

class SeriesOfPrecision : public testing::TestWithParam<PrecisionChoice> {};
INSTANTIATE_TEST_SUITE_P(Emulator, SeriesOfPrecision, testing::Values(PrecisionChoice::float32, PrecisionChoice::bf16));

// Left alone the two backends come to take different actions sooner or later; both learn.
TEST_P(SeriesOfPrecision, HalvesTheLossAsTheProcessorsDoes) {
  const TrainConfig config = series_config(GetParam());
  Trainer far(config, tiny_level(), whole_device()), near(config, tiny_level(), open_device("cpu", 1));
  double first[2] = {}, last[2] = {};
  for (int i = 0; i < 6; ++i) {
    last[0] = far.update().value_loss;
    last[1] = near.update().value_loss;
    if (i == 0) std::copy_n(last, 2, first);
  }
  EXPECT_LT(last[0], first[0] / 2);
  EXPECT_LT(last[1], first[1] / 2) << "the processor's fall";
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
