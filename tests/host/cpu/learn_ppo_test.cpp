#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "tests/host/cpu/learn_case.hpp"
#include "tests/oracle/close.hpp"

namespace boxwarp {
namespace {

constexpr double kAtol = 1e-12;                         // sums in double
constexpr double kSlopeAtol = 1e-8, kSlopeRtol = 2e-7;  // central differences of step 1e-5

constexpr LossCoefficients kCoefficients{
    .gamma = 0.97f, .lambda = 0.95f, .value = 0.5f, .logit_l2 = 1e-3f, .clip = 0.2f, .on_policy = false};
constexpr double kEntropy = 0.01f;

struct Outcome {
  UpdateReport statistics{};
  std::vector<float> grad_logits, grad_values;
};

Outcome run(const LearnCase& x, const std::vector<float>& advantage, const std::vector<float>& target,
            const LossCoefficients& coefficients, int threads = 1, double entropy = kEntropy) {
  ThreadPool pool(threads);
  const LearnClock clock = clock_with(entropy);
  Guarded grad_logits(x.behaviour_logits.size()), grad_values(x.reward.size());
  Outcome outcome;
  cpu_learn_ops().ppo_loss(pool, x.view, advantage.data(), target.data(), coefficients, &clock, grad_logits.data(),
                           grad_values.data(), &outcome.statistics, nullptr);
  EXPECT_TRUE(grad_logits.intact());
  EXPECT_TRUE(grad_values.intact());
  outcome.grad_logits = grad_logits.copy();
  outcome.grad_values = grad_values.copy();
  return outcome;
}

std::vector<float> random_floats(std::size_t count, std::uint64_t seed) {
  oracle::Numbers numbers(seed);
  std::vector<float> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(static_cast<float>(numbers.normal()));
  return result;
}

TEST(PpoLoss, EqualsTheOracleAtAwkwardSizes) {
  std::uint64_t seed = 1;
  for (const int boards : {1, 7, 15, 16, 17, 31, 33, 65, 127})
    for (const int steps : {1, 2, 20}) {
      const LearnCase x(steps, boards, 4 + boards % 2, seed++);
      SCOPED_TRACE(size_of(x));
      const std::vector<float> advantage = random_floats(x.reward.size(), seed + 1000);
      const std::vector<float> target = random_floats(x.reward.size(), seed + 2000);
      const oracle::Terms terms = oracle::ppo_terms(
          x.twin(), {{target.begin(), target.end()}, {advantage.begin(), advantage.end()}}, twin(kCoefficients, kEntropy));
      const UpdateReport got = run(x, advantage, target, kCoefficients).statistics;
      EXPECT_TRUE(oracle::close(got.policy_loss, terms.policy, kAtol, 1e-10));
      EXPECT_TRUE(oracle::close(got.value_loss, terms.value, kAtol, 1e-10));
      EXPECT_TRUE(oracle::close(got.entropy, terms.entropy, kAtol, 1e-10));
      EXPECT_TRUE(oracle::close(got.logit_l2, terms.logit_l2, kAtol, 1e-10));
      EXPECT_EQ(got.samples, steps * boards);
      EXPECT_EQ(got.not_finite, 0);
    }
}

TEST(PpoLoss, GradientsAreFiniteDifferencesOfTheOracle) {
  for (const int steps : {1, 6}) {
    const LearnCase x(steps, 9, 4, 200 + static_cast<std::uint64_t>(steps));
    SCOPED_TRACE(size_of(x));
    const std::vector<float> advantage = random_floats(x.reward.size(), 31), target = random_floats(x.reward.size(), 32);
    const Outcome got = run(x, advantage, target, kCoefficients);
    oracle::Trajectory slow = x.twin();
    const oracle::Coefficients c = twin(kCoefficients, kEntropy);
    const oracle::Estimates fixed{{target.begin(), target.end()}, {advantage.begin(), advantage.end()}};
    const auto loss = [&] { return oracle::ppo_terms(slow, fixed, c).total(c); };
    for (std::size_t i = 0; i < got.grad_logits.size(); ++i)
      EXPECT_TRUE(oracle::close(got.grad_logits[i], oracle::slope(slow.logits[i], loss), kSlopeAtol, kSlopeRtol)) << i;
    for (std::size_t i = 0; i < got.grad_values.size(); ++i)
      EXPECT_TRUE(oracle::close(got.grad_values[i], oracle::slope(slow.values[i], loss), kSlopeAtol, kSlopeRtol)) << i;
  }
}

// One sample of two actions, now equally likely; the first was taken with the given ratio and advantage.
Outcome one_sample(double ratio, float advantage, bool truncated = false) {
  LearnCase x(1, 1, 2, 1);
  x.logits = {0, 0, 0, 0};
  const double before = 0.5 / ratio;
  x.behaviour_logits = {static_cast<float>(std::log(before)), static_cast<float>(std::log(1 - before))};
  x.values = {1, 0};
  x.action = {0};
  x.done = x.truncated = {truncated};
  LossCoefficients coefficients = kCoefficients;
  coefficients.logit_l2 = 0;
  return run(x, {advantage}, {3}, coefficients, 1, 0);
}

TEST(PpoLoss, AGoodActionGainsNothingAboveTheClip) {
  const Outcome inside = one_sample(1.1, 2), above = one_sample(1.5, 2), below = one_sample(0.7, 2);
  EXPECT_TRUE(oracle::close(inside.statistics.policy_loss, -2.2, 0, 1e-6));
  EXPECT_TRUE(oracle::close(inside.grad_logits[0], -2.2 * 0.5, 0, 1e-6));
  EXPECT_TRUE(oracle::close(above.statistics.policy_loss, -2.4, 0, 1e-6));
  EXPECT_EQ(above.grad_logits, (std::vector<float>{0, 0}));
  EXPECT_TRUE(oracle::close(below.statistics.policy_loss, -1.4, 0, 1e-6)) << "what got worse is pulled back";
  EXPECT_TRUE(oracle::close(below.grad_logits[0], -1.4 * 0.5, 0, 1e-6));
}

TEST(PpoLoss, ABadActionGainsNothingBelowTheClip) {
  const Outcome inside = one_sample(0.9, -2), below = one_sample(0.7, -2), above = one_sample(1.5, -2);
  EXPECT_TRUE(oracle::close(inside.statistics.policy_loss, 1.8, 0, 1e-6));
  EXPECT_TRUE(oracle::close(inside.grad_logits[0], 1.8 * 0.5, 0, 1e-6));
  EXPECT_TRUE(oracle::close(below.statistics.policy_loss, 1.6, 0, 1e-6));
  EXPECT_EQ(below.grad_logits, (std::vector<float>{0, 0}));
  EXPECT_TRUE(oracle::close(above.statistics.policy_loss, 3.0, 0, 1e-6));
  EXPECT_TRUE(oracle::close(above.grad_logits[0], 3.0 * 0.5, 0, 1e-6));
}

TEST(PpoLoss, TheValueAimsAtItsTargetWithoutOneHalfOrClip) {
  const Outcome got = one_sample(1, 1);
  EXPECT_EQ(got.statistics.value_loss, 4);
  EXPECT_EQ(got.grad_values, (std::vector<float>{-2}));  // 0.5 x 2 x (1 - 3)
}

TEST(PpoLoss, ATruncatedStepCountsWithZero) {
  const Outcome got = one_sample(1.1, 2, true);
  EXPECT_EQ(got.statistics.policy_loss, 0);
  EXPECT_EQ(got.statistics.value_loss, 0);
  EXPECT_EQ(got.statistics.entropy, 0);
  EXPECT_EQ(got.statistics.samples, 1);
  for (const float gradient : got.grad_logits) EXPECT_EQ(gradient, 0);
  for (const float gradient : got.grad_values) EXPECT_EQ(gradient, 0);
}

TEST(PpoLoss, DoesNotDependOnTheNumberOfThreads) {
  const LearnCase x(20, 129, 4, 9);
  const std::vector<float> advantage = random_floats(x.reward.size(), 1), target = random_floats(x.reward.size(), 2);
  const Outcome one = run(x, advantage, target, kCoefficients);
  for (const int threads : {2, 3, 8}) {
    const Outcome many = run(x, advantage, target, kCoefficients, threads);
    EXPECT_EQ(one.grad_logits, many.grad_logits);
    EXPECT_EQ(one.grad_values, many.grad_values);
    EXPECT_EQ(one.statistics.policy_loss, many.statistics.policy_loss);
    EXPECT_EQ(one.statistics.value_loss, many.statistics.value_loss);
    EXPECT_EQ(one.statistics.entropy, many.statistics.entropy);
    EXPECT_EQ(one.statistics.error_square_sum, many.statistics.error_square_sum);
  }
}

TEST(PpoLoss, SaysSoWhenAnythingIsNotFinite) {
  LearnCase x(3, 20, 4, 3);
  for (std::uint8_t& flag : x.truncated) flag = 0;
  std::vector<float> advantage = random_floats(x.reward.size(), 1), target = random_floats(x.reward.size(), 2);
  EXPECT_EQ(run(x, advantage, target, kCoefficients).statistics.not_finite, 0);
  for (std::vector<float>* array : {&advantage, &target, &x.logits, &x.behaviour_logits, &x.values}) {
    const float before = std::exchange((*array)[7], std::nanf(""));
    EXPECT_EQ(run(x, advantage, target, kCoefficients).statistics.not_finite, 1);
    (*array)[7] = before;
  }
}

}  // namespace
}  // namespace boxwarp
