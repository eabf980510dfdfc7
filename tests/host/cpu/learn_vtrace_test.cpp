#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "tests/host/cpu/learn_case.hpp"
#include "tests/oracle/close.hpp"

namespace boxwarp {
namespace {

// Results are rounded once from double to float (half a unit in 2^24); cancellation happens before that, in double.
constexpr double kRtol = 1e-7, kAtol = 1e-12;
// Central differences of step 1e-5: truncation 1e-10 x third derivative, rounding 1e-16 x loss / 1e-5.
constexpr double kSlopeAtol = 1e-8, kSlopeRtol = 2e-7;

// The large L2 coefficient makes that term count beside the others in comparisons.
constexpr LossCoefficients kCoefficients{
    .gamma = 0.97f, .lambda = 0.5f, .value = 0.25f, .logit_l2 = 1e-3f, .clip = 0, .on_policy = false};
constexpr double kEntropy = 0.01f;

struct Outcome {
  UpdateReport statistics{};
  std::vector<float> grad_logits, grad_values;
};

Outcome run(const LearnCase& x, const LossCoefficients& coefficients, int threads = 1, double entropy = kEntropy) {
  ThreadPool pool(threads);
  const LearnClock clock = clock_with(entropy);
  Guarded grad_logits(x.logits.size()), grad_values(x.values.size());
  Outcome outcome;
  cpu_learn_ops().vtrace_loss(pool, x.view, coefficients, &clock, grad_logits.data(), grad_values.data(),
                              &outcome.statistics, nullptr);
  EXPECT_TRUE(grad_logits.intact());
  EXPECT_TRUE(grad_values.intact());
  outcome.grad_logits = grad_logits.copy();
  outcome.grad_values = grad_values.copy();
  return outcome;
}

void expect_statistics_of_oracle(const LearnCase& x, const LossCoefficients& coefficients) {
  SCOPED_TRACE(size_of(x));
  const oracle::Trajectory slow = x.twin();
  const oracle::Estimates fixed = oracle::vtrace(slow, twin(coefficients, kEntropy));
  const oracle::Terms terms = oracle::vtrace_terms(slow, fixed);
  const UpdateReport got = run(x, coefficients).statistics;
  EXPECT_TRUE(oracle::close(got.policy_loss, terms.policy, kAtol, 1e-10));
  EXPECT_TRUE(oracle::close(got.value_loss, terms.value, kAtol, 1e-10));
  EXPECT_TRUE(oracle::close(got.entropy, terms.entropy, kAtol, 1e-10));
  EXPECT_TRUE(oracle::close(got.logit_l2, terms.logit_l2, kAtol, 1e-10));
  double target = 0, target_square = 0, error = 0, error_square = 0;
  for (std::size_t i = 0; i < fixed.target.size(); ++i) {
    target += fixed.target[i];
    target_square += fixed.target[i] * fixed.target[i];
    error += fixed.target[i] - slow.values[i];
    error_square += (fixed.target[i] - slow.values[i]) * (fixed.target[i] - slow.values[i]);
  }
  EXPECT_TRUE(oracle::close(got.target_sum, target, 1e-10, 1e-10));
  EXPECT_TRUE(oracle::close(got.target_square_sum, target_square, 1e-10, 1e-10));
  EXPECT_TRUE(oracle::close(got.error_sum, error, 1e-10, 1e-10));
  EXPECT_TRUE(oracle::close(got.error_square_sum, error_square, 1e-10, 1e-10));
  EXPECT_EQ(got.samples, x.view.steps * x.view.boards);
  EXPECT_EQ(got.not_finite, 0);
}

TEST(VtraceLoss, EqualsTheOracleAtAwkwardSizes) {
  std::uint64_t seed = 1;
  for (const int boards : {1, 7, 15, 16, 17, 31, 32, 33, 65, 127})
    for (const int steps : {1, 2, 20})
      expect_statistics_of_oracle(LearnCase(steps, boards, 4 + boards % 2, seed++), kCoefficients);
}

TEST(VtraceLoss, EqualsTheOracleForEveryLambda) {
  for (const float lambda : {0.0f, 0.5f, 1.0f}) {
    LossCoefficients coefficients = kCoefficients;
    coefficients.lambda = lambda;
    expect_statistics_of_oracle(LearnCase(20, 7, 4, 77), coefficients);
  }
}

TEST(VtraceLoss, GradientsAreFiniteDifferencesOfTheOracle) {
  for (const int steps : {1, 6}) {
    const LearnCase x(steps, 5, 4, 100 + static_cast<std::uint64_t>(steps));
    SCOPED_TRACE(size_of(x));
    const Outcome got = run(x, kCoefficients);
    oracle::Trajectory slow = x.twin();
    const oracle::Coefficients c = twin(kCoefficients, kEntropy);
    const oracle::Estimates fixed = oracle::vtrace(slow, c);
    const auto loss = [&] { return oracle::vtrace_terms(slow, fixed).total(c); };
    for (std::size_t i = 0; i < got.grad_logits.size(); ++i)
      EXPECT_TRUE(oracle::close(got.grad_logits[i], oracle::slope(slow.logits[i], loss), kSlopeAtol, kSlopeRtol)) << i;
    for (std::size_t i = 0; i < got.grad_values.size(); ++i)
      EXPECT_TRUE(oracle::close(got.grad_values[i], oracle::slope(slow.values[i], loss), kSlopeAtol, kSlopeRtol)) << i;
  }
}

// One board; both actions equally likely under the weights that acted and the current ones.
struct Worked {
  explicit Worked(int steps) : x(steps, 1, 2, 1) {
    for (float& logit : x.logits) logit = 0;
    for (float& logit : x.behaviour_logits) logit = 0;
    for (std::size_t t = 0; t < x.reward.size(); ++t) x.action[t] = x.done[t] = x.truncated[t] = 0;
  }
  LearnCase x;
};

constexpr LossCoefficients kPlain{.gamma = 0.5f, .lambda = 0.5f, .value = 1, .logit_l2 = 0, .clip = 0, .on_policy = false};

Outcome run_plain(const LearnCase& x) { return run(x, kPlain, 1, 0); }

TEST(VtraceLoss, OneStepIsTheTemporalDifference) {
  Worked w(1);
  w.x.values = {3, 10};
  w.x.reward = {2};
  const Outcome got = run_plain(w.x);
  // target = 2 + 0.5 x 10 = 7, advantage = 7 - 3 = 4, -log(1/2) = 0.693...
  EXPECT_TRUE(oracle::close(got.statistics.policy_loss, 4 * std::log(2.0), kAtol, kRtol));
  EXPECT_EQ(got.statistics.value_loss, 16);
  EXPECT_EQ(got.statistics.target_sum, 7);
  EXPECT_EQ(got.grad_values, (std::vector<float>{-8, 0}));
  EXPECT_EQ(got.grad_logits, (std::vector<float>{-2, 2, 0, 0}));
}

TEST(VtraceLoss, TwoStepsMixTargetAndValueByLambdaButTheLastLooksAtTheBootstrapValueAlone) {
  Worked w(2);
  w.x.values = {1, 2, 4};
  w.x.reward = {1, 1};
  const Outcome got = run_plain(w.x);
  // t=1: td = 1 + 2 - 2 = 1, target 3, advantage 1. t=0: td = 1 + 1 - 1 = 1, err = 1 + .25 = 1.25, target 2.25,
  // q = 1 + .5 (.5 x 3 + .5 x 2) = 2.25, advantage 1.25. Means over two samples.
  EXPECT_EQ(got.statistics.target_sum, 5.25);
  EXPECT_EQ(got.statistics.value_loss, (1.25 * 1.25 + 1) / 2);
  EXPECT_EQ(got.grad_values, (std::vector<float>{-1.25f, -1, 0}));
  EXPECT_EQ(got.grad_logits, (std::vector<float>{-0.3125f, 0.3125f, -0.25f, 0.25f, 0, 0}));
}

TEST(VtraceLoss, NothingFlowsBackOverTheEndOfAnEpisode) {
  Worked w(3);
  w.x.values = {1, 2, 4, 1000};
  w.x.reward = {1, 10, 1};
  w.x.done = {0, 1, 0};
  const Outcome before = run_plain(w.x);
  w.x.values[2] = -50;
  w.x.values[3] = -9;
  w.x.reward[2] = 7;
  const Outcome after = run_plain(w.x);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(before.grad_values[i], after.grad_values[i]);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(before.grad_logits[i], after.grad_logits[i]);
  EXPECT_NE(before.grad_values[2], after.grad_values[2]);
  // the solved step aims at its reward alone: target 10, error 8
  EXPECT_TRUE(oracle::close(before.grad_values[1], -2 * 8.0 / 3, kAtol, kRtol));
}

TEST(VtraceLoss, ATruncatedStepCountsWithZeroAndPassesNothingOn) {
  Worked w(2);
  w.x.values = {1, 2, 4};
  w.x.reward = {1, 123};
  w.x.done[1] = w.x.truncated[1] = 1;
  const Outcome got = run(w.x, kPlain, 1, 1);
  // t=1 contributes nothing but still divides; its target is its own value, so t=0: td = 1 + 1 - 1 = 1 and no more.
  EXPECT_EQ(got.statistics.value_loss, 0.5);
  EXPECT_TRUE(oracle::close(got.statistics.entropy, std::log(2.0) / 2, kAtol, kRtol));
  EXPECT_EQ(got.statistics.target_sum, 2 + 2);
  EXPECT_EQ(got.grad_values, (std::vector<float>{-1, 0, 0}));
  EXPECT_EQ(got.grad_logits, (std::vector<float>{-0.25f, 0.25f, 0, 0, 0, 0}));
}

TEST(VtraceLoss, TheRatioIsHeldAtOneButNotFromBelow) {
  Worked w(1);
  w.x.values = {0, 0};
  w.x.reward = {1};
  w.x.behaviour_logits = {-3, 0};  // the action was rare: ratio far above one
  EXPECT_EQ(run_plain(w.x).statistics.target_sum, 1);
  w.x.behaviour_logits = {0, -1e9f};  // it was certain: ratio one half
  EXPECT_TRUE(oracle::close(run_plain(w.x).statistics.target_sum, 0.5, kAtol, kRtol));
}

TEST(VtraceLoss, TheBootstrapRowIsReachedByTheSquaredLogitsOnly) {
  const LearnCase x(4, 3, 4, 5);
  LossCoefficients coefficients = kCoefficients;
  coefficients.logit_l2 = 0.125f;
  const Outcome got = run(x, coefficients);
  for (std::size_t i = 4 * 3 * 4; i < got.grad_logits.size(); ++i) EXPECT_EQ(got.grad_logits[i], 0.25f * x.logits[i]);
  for (std::size_t i = 4 * 3; i < got.grad_values.size(); ++i) EXPECT_EQ(got.grad_values[i], 0);
  coefficients.logit_l2 = 0;
  const Outcome without = run(x, coefficients);
  for (std::size_t i = 4 * 3 * 4; i < got.grad_logits.size(); ++i) EXPECT_EQ(without.grad_logits[i], 0);
}

TEST(VtraceLoss, DoesNotDependOnTheNumberOfThreads) {
  const LearnCase x(20, 129, 4, 9);
  const Outcome one = run(x, kCoefficients);
  for (const int threads : {2, 3, 8}) {
    const Outcome many = run(x, kCoefficients, threads);
    EXPECT_EQ(one.grad_logits, many.grad_logits);
    EXPECT_EQ(one.grad_values, many.grad_values);
    EXPECT_EQ(one.statistics.policy_loss, many.statistics.policy_loss);
    EXPECT_EQ(one.statistics.value_loss, many.statistics.value_loss);
    EXPECT_EQ(one.statistics.entropy, many.statistics.entropy);
    EXPECT_EQ(one.statistics.logit_l2, many.statistics.logit_l2);
    EXPECT_EQ(one.statistics.error_square_sum, many.statistics.error_square_sum);
    EXPECT_EQ(one.statistics.target_sum, many.statistics.target_sum);
  }
}

TEST(VtraceLoss, SaysSoWhenAnythingIsNotFinite) {
  const float bad[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  for (const float number : bad) {
    LearnCase x(3, 20, 4, 3);
    for (std::uint8_t& flag : x.truncated) flag = 0;
    for (std::uint8_t& flag : x.done) flag = 0;
    x.action[57] = 2;
    for (std::vector<float>* array : {&x.logits, &x.values, &x.reward, &x.behaviour_logits}) {
      const std::size_t place = array == &x.logits || array == &x.behaviour_logits ? 57 * 4 + 1 : 57;
      const float before = std::exchange((*array)[place], number);
      EXPECT_EQ(run(x, kCoefficients).statistics.not_finite, 1);
      (*array)[place] = before;
      EXPECT_EQ(run(x, kCoefficients).statistics.not_finite, 0);
    }
  }
}

TEST(VtraceLoss, SaysSoWhenOnlyAGradientOverflows) {
  LearnCase x(3, 40, 4, 3);
  LossCoefficients coefficients = kCoefficients;
  coefficients.logit_l2 = 1e38f;
  for (float& logit : x.logits) logit *= 0.01f;
  EXPECT_EQ(run(x, coefficients).statistics.not_finite, 0);
  x.logits[5] = 9;  // of board 1; other pieces of boards are well
  EXPECT_EQ(run(x, coefficients).statistics.not_finite, 1);
}

// On policy the weights that acted are not looked at.
TEST(VtraceLoss, OnPolicyEveryRatioIsOne) {
  LossCoefficients coefficients = kCoefficients;
  coefficients.on_policy = true;
  for (const float lambda : {0.0f, 0.5f, 1.0f}) {
    coefficients.lambda = lambda;
    expect_statistics_of_oracle(LearnCase(20, 33, 4, 78), coefficients);
  }
  LearnCase x(6, 5, 4, 79);
  const Outcome before = run(x, coefficients);
  for (float& logit : x.behaviour_logits) logit = -logit;
  const Outcome after = run(x, coefficients);
  EXPECT_EQ(before.grad_logits, after.grad_logits);
  EXPECT_EQ(before.grad_values, after.grad_values);
  EXPECT_NE(before.grad_logits, run(x, kCoefficients).grad_logits);
}

TEST(VtraceLoss, AddsToTheReport) {
  const LearnCase x(4, 7, 4, 6);
  const LearnClock clock = clock_with(kEntropy);
  Outcome twice;
  ThreadPool pool(1);
  Guarded logits(x.logits.size()), values(x.values.size());
  for (int i = 0; i < 2; ++i)
    cpu_learn_ops().vtrace_loss(pool, x.view, kCoefficients, &clock, logits.data(), values.data(), &twice.statistics,
                                nullptr);
  const UpdateReport once = run(x, kCoefficients).statistics;
  EXPECT_EQ(twice.statistics.value_loss, 2 * once.value_loss);
  EXPECT_EQ(twice.statistics.error_square_sum, 2 * once.error_square_sum);
  EXPECT_EQ(twice.statistics.samples, 2 * once.samples);
}

TEST(VtraceLoss, RefusesAnActionThatIsNoneAndAnEmptyRollout) {
  LearnCase x(2, 3, 4, 3);
  x.action[4] = 4;
  EXPECT_THROW(run(x, kCoefficients), std::invalid_argument);
  x.action[4] = 3;
  EXPECT_NO_THROW(run(x, kCoefficients));
  x.view.steps = 0;
  EXPECT_THROW(run(x, kCoefficients), std::invalid_argument);
}

}  // namespace
}  // namespace boxwarp
