// A whole iteration on a device beside the processor's: the same description, every operation a kernel.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/learner/iteration.hpp"
#include "host/learner/trainer.hpp"
#include "tests/host/small_levels.hpp"
#include "tests/kernels/bf16_checks.hpp"

namespace boxwarp::test {

// One box, one push away from its target.
inline constexpr int kTinyHeight = 3, kTinyWidth = 5;
inline std::shared_ptr<const LevelBank> tiny_level() { return bank_from({{"#####", "#@$.#", "#####"}}); }

inline TrainConfig tiny_config(Algorithm algorithm) {
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
  config.network.height = kTinyHeight;
  config.network.width = kTinyWidth;
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
inline const Tolerance kFloat{.output = 4 * 2 * std::sqrt(2 * 432) * std::ldexp(1.0, -24),
                              .gradient = 2 * 360 * std::ldexp(1.0, -24)};
// As the network's own tests have it, where the reasons are.
inline const Tolerance kBf16{.output = kBf16Bound, .gradient = kBf16GradientShare};

// Iterations one after the other, each of one gradient step, so that a report's sums are that step's.
class Learning {
 public:
  Learning(const TrainConfig& config, const Device& device) : iteration_(config, tiny_level(), device) {
    iteration_.env().reset();
  }

  UpdateReport update() {
    iteration_.run();
    return iteration_.reports(++updates_, 1).front();
  }
  std::string kernels() const { return iteration_.kernels(); }

  // Adam's first moments: after one gradient step the clipped gradient times 1 - beta1.
  std::vector<float> first_moments() const {
    std::vector<float> moments;
    iteration_.for_each_weight([&](const std::string& name, const float* array, std::size_t count) {
      if (name == "adam.m") moments = iteration_.memory().values(array, count);
    });
    return moments;
  }

  // All that decides how the other one goes on.
  void take_from(Learning& other) {
    std::vector<std::vector<std::byte>> arrays;
    other.each_array(
        [&](std::byte* array, std::size_t bytes) { arrays.push_back(other.iteration_.memory().values(array, bytes)); });
    auto next = arrays.begin();
    each_array(
        [&](std::byte* array, std::size_t) { iteration_.memory().upload(array, std::span<const std::byte>(*next++)); });
    iteration_.env().restore(other.iteration_.env().save());
    iteration_.set(other.iteration_.clock());
  }

 private:
  // visit(array, bytes)
  template <class Visit>
  void each_array(Visit&& visit) {
    const auto as_bytes = [&](const char*, auto* array, std::size_t count) {
      visit(reinterpret_cast<std::byte*>(array), count * sizeof(*array));
    };
    iteration_.for_each_weight(as_bytes);
    iteration_.for_each_state(as_bytes);
  }

  Iteration iteration_;
  std::int64_t updates_ = 0;
};

// How far apart what a gradient step tells may be, from the numbers that it tells. Its ratios are one, so an advantage is
// the error (target - value) of its step (returns.hpp). With logits and values d off, to first order in d:
//   entropy      by d times the sum of |d H / d logit|, which is at most sqrt(1 + log(3)^2 / 4) for four actions;
//   errors       by 2 d: targets are means of sums of rewards and one value;
//   value loss   mean of error^2: by twice 2 d times the mean |error|, below the root of their square's, and (2 d)^2;
//   V-trace      mean of -log p error: log p is off by 2 d, and its root mean square is below log(4) and that of the
//                largest difference of two logits, which is below sqrt(2) of their length;
//   PPO          errors less their mean, off by 2 d in root mean square as those are, over their deviation, off by as much:
//                an advantage is off by 4 d of the deviation. The loss is the mean of ratio times advantage, of which the
//                second has mean zero but for its rounding to 2^-24; the first is one but for the order of sums, in which
//                playing and learning may differ on a processor, whatever the other side's precision is.
//   gradient     as the outputs' gradients, of which the network's is a linear map: errors and advantages by their share;
//                and p less one at the action by 2 d of its length, for no p moves by more than 2 d p (1 - p).
struct Bounds {
  double entropy, value_loss, policy_loss, gradient;

  Bounds(const Tolerance& tolerance, Algorithm algorithm, const UpdateReport& report) {
    const auto n = static_cast<double>(report.samples);
    const double d = tolerance.output, mean = report.error_sum / n, error = std::sqrt(report.error_square_sum / n);
    const double deviation = std::sqrt((report.error_square_sum - n * mean * mean) / (n - 1));
    const double log_probability = std::log(4.0) + std::sqrt(2 * report.logit_l2 / n), of_error = 2 * d / error;
    entropy = d * std::sqrt(1 + std::log(3.0) * std::log(3.0) / 4);
    value_loss = 4 * d * error + 4 * d * d;
    if (algorithm == Algorithm::ppo) {
      const double root = std::sqrt((n - 1) / n);  // of the mean square of advantages
      policy_loss = 2 * (2 * kFloat.output + std::ldexp(1.0, -24)) * root;
      gradient = std::max(of_error, 4 * d / (deviation - 2 * d / root) / root);
    } else {
      policy_loss = 2 * d * (log_probability + error) + 4 * d * d;
      gradient = of_error;
    }
    gradient += tolerance.gradient + 2 * d;
  }
};

inline void expect_near(const UpdateReport& found, const UpdateReport& expected, const Bounds& bounds) {
  EXPECT_EQ(found.samples, expected.samples);
  EXPECT_EQ(found.gradient_steps, 1);
  EXPECT_EQ(found.episodes, expected.episodes);
  EXPECT_EQ(found.episode_steps, expected.episode_steps);
  EXPECT_EQ(found.solved, expected.solved);
  EXPECT_EQ(found.learning_rate, expected.learning_rate);
  EXPECT_NEAR(found.policy_loss, expected.policy_loss, bounds.policy_loss);
  EXPECT_NEAR(found.value_loss, expected.value_loss, bounds.value_loss);
  EXPECT_NEAR(found.entropy, expected.entropy, bounds.entropy);
  EXPECT_NEAR(found.gradient_norm, expected.gradient_norm, bounds.gradient * expected.gradient_norm);
}

inline void expect_whole_iteration(const Device& device, Algorithm algorithm, PrecisionChoice precision) {
  TrainConfig config = tiny_config(algorithm);
  config.precision = precision;
  const bool bf16 = config.precision == PrecisionChoice::bf16;
  Learning far(config, device), near(config, open_device("cpu", 1));
  EXPECT_EQ(far.kernels().find("fused") != std::string::npos, bf16) << far.kernels();
  const UpdateReport a = far.update(), b = near.update();
  EXPECT_GT(b.episodes, b.solved) << "some episodes are to run out of time";
  const Bounds bounds(bf16 ? kBf16 : kFloat, config.algorithm, b);
  expect_near(a, b, bounds);

  const std::vector<float> m = far.first_moments(), expected = near.first_moments();
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

inline TrainConfig series_config(PrecisionChoice precision) {
  TrainConfig config = tiny_config(Algorithm::vtrace);
  config.learning_rate = config.learning_rate_end = 5e-3;
  config.precision = precision;
  return config;
}

// Ten updates; all but the first are recorded ones. The board is solved in one push, and the value of its few states is
// learned.
inline void expect_series_of_iterations(const Device& device) {
  const TrainConfig config = series_config(PrecisionChoice::float32);
  Learning far(config, device), near(config, open_device("cpu", 1));
  for (int i = 0; i < 10; ++i) {
    SCOPED_TRACE(i);
    near.take_from(far);
    const UpdateReport found = far.update(), expected = near.update();
    expect_near(found, expected, Bounds(kFloat, config.algorithm, expected));
  }
}

// Left alone the two backends come to take different actions sooner or later; both learn.
inline void expect_falling_loss(const Device& device, PrecisionChoice precision) {
  const TrainConfig config = series_config(precision);
  Trainer far(config, tiny_level(), device), near(config, tiny_level(), open_device("cpu", 1));
  double first[2] = {}, last[2] = {};
  for (int i = 0; i < 6; ++i) {
    last[0] = far.update().value_loss;
    last[1] = near.update().value_loss;
    if (i == 0) std::copy_n(last, 2, first);
  }
  EXPECT_LT(last[0], first[0] / 2);
  EXPECT_LT(last[1], first[1] / 2) << "the processor's fall";
}

}  // namespace boxwarp::test
