#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "kernels/sokoban/random.hpp"
#include "tests/oracle/numbers.hpp"

namespace boxwarp {
namespace {

// Every board gets the same logits; boards differ in their environment's number.
std::vector<std::uint8_t> drawn(const std::vector<float>& row, int boards, std::uint64_t seed, std::uint64_t step_call,
                                int threads = 1) {
  std::vector<float> logits;
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(boards), seed);
  std::vector<std::uint32_t> environments;
  for (int b = 0; b < boards; ++b) {
    logits.insert(logits.end(), row.begin(), row.end());
    environments.push_back(static_cast<std::uint32_t>(b));
  }
  std::vector<std::uint8_t> actions(static_cast<std::size_t>(boards) + 2, 99);
  ThreadPool pool(threads);
  // Two of the calls lie in the update, the others before it.
  const int t = step_call >= 2 ? 2 : 0;
  const LearnClock clock{.step_call = step_call - static_cast<std::uint64_t>(t),
                         .update = 0,
                         .gradient_step = 0,
                         .learning_rate = 0,
                         .entropy = 0};
  cpu_learn_ops().sample(pool, boards, static_cast<int>(row.size()), logits.data(), seeds.data(), environments.data(),
                         &clock, t, actions.data() + 1);
  EXPECT_TRUE(actions.front() == 99 && actions.back() == 99);
  return {actions.begin() + 1, actions.end() - 1};
}

TEST(Sample, FrequenciesAreThoseOfTheSoftmax) {
  const std::vector<std::vector<float>> rows = {
      {0, 0, 0, 0}, {1, 0, -1, 2}, {-5, 3, 2.5f, 3}, {100, 101, 99, 100.5f}, {0.5f, -0.5f, 0, 1, 2}};
  constexpr int kBoards = 1000, kCalls = 100;
  for (const std::vector<float>& row : rows) {
    std::vector<double> count(row.size());
    for (std::uint64_t call = 0; call < kCalls; ++call)
      for (const std::uint8_t action : drawn(row, kBoards, 42, call)) ++count.at(action);
    double total = 0, chi_square = 0;
    for (const float logit : row) total += std::exp(logit - row[0]);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const double expected = kBoards * kCalls * std::exp(row[i] - row[0]) / total;
      chi_square += (count[i] - expected) * (count[i] - expected) / expected;
    }
    EXPECT_LT(chi_square, 18.47) << "the 99.9 % point of chi-square with four degrees of freedom";
  }
}

TEST(Sample, InvertsTheDistributionFunctionAtTheNumberOfStreamAction) {
  const std::vector<float> row{0.3f, -1, 2, 0.1f};
  double total = 0;
  for (const float logit : row) total += std::exp(double{logit});
  for (std::uint64_t call = 0; call < 50; ++call) {
    const std::vector<std::uint8_t> actions = drawn(row, 20, 7, call);
    for (std::uint32_t environment = 0; environment < 20; ++environment) {
      const double number = unit_interval(draw(7, environment, Stream::action, call).word[0]);
      std::size_t expected = 0;
      for (double sum = 0; expected < row.size(); ++expected) {
        sum += std::exp(double{row[expected]}) / total;
        ASSERT_GT(std::fabs(sum - number), 1e-9) << "too near a boundary to tell: choose another seed";
        if (number < sum) break;
      }
      EXPECT_EQ(actions[environment], expected);
    }
  }
}

TEST(Sample, NeverDrawsAnActionOfProbabilityZero) {
  const std::vector<std::vector<float>> rows = {{-1e9f, 0, -1e9f, 0},     {-1e9f, -1e9f, 5, -1e9f},
                                                {-1e9f, -1e9f, -1e9f, 0}, {0, -1e9f, -1e9f, -1e9f},
                                                {1e9f, 0, 1e9f, 0},       {-200, -1000, -200, -1000}};
  for (const std::vector<float>& row : rows) {
    const float largest = *std::max_element(row.begin(), row.end());
    for (std::uint64_t call = 0; call < 20; ++call)
      for (const std::uint8_t action : drawn(row, 1000, 3, call)) ASSERT_EQ(row[action], largest);
  }
}

TEST(Sample, NeverDrawsAnActionOfProbabilityZeroAtTheEndsOfTheInterval) {
  const std::uint64_t seed = 3;
  const std::uint32_t draws_zero = 2642487, draws_largest = 8839236;  // environments found by search
  ASSERT_EQ(unit_interval(draw(seed, draws_zero, Stream::action, 0).word[0]), 0.0f);
  ASSERT_EQ(unit_interval(draw(seed, draws_largest, Stream::action, 0).word[0]), 1.0f - 0x1p-24f);
  const float rows[][4] = {{-1e9f, 0.1f, 0.7f, -1e9f}, {-1e9f, -1e9f, 3, -1e9f}};
  ThreadPool pool(1);
  const LearnClock clock{};
  for (const auto& row : rows) {
    std::uint8_t action = 99;
    cpu_learn_ops().sample(pool, 1, 4, row, &seed, &draws_zero, &clock, 0, &action);
    EXPECT_EQ(action, row[1] == 0.1f ? 1 : 2);
    cpu_learn_ops().sample(pool, 1, 4, row, &seed, &draws_largest, &clock, 0, &action);
    EXPECT_EQ(action, 2);
  }
}

TEST(Sample, DependsOnSeedEnvironmentAndStepCallAlone) {
  const std::vector<float> row{0.1f, 0.2f, 0.3f, 0.4f};
  const std::vector<std::uint8_t> once = drawn(row, 1000, 5, 9);
  for (const int threads : {2, 3, 8}) EXPECT_EQ(once, drawn(row, 1000, 5, 9, threads));
  const std::vector<std::uint8_t> fewer = drawn(row, 13, 5, 9);
  EXPECT_TRUE(std::equal(fewer.begin(), fewer.end(), once.begin())) << "a board does not see how many there are";
  EXPECT_NE(once, drawn(row, 1000, 6, 9));
  EXPECT_NE(once, drawn(row, 1000, 5, 10));
  EXPECT_NE(once, drawn(row, 1000, 5ull << 32, 9));
}

TEST(Sample, RefusesMoreActionsThanAByteHolds) {
  ThreadPool pool(1);
  EXPECT_THROW(cpu_learn_ops().sample(pool, 1, 0, nullptr, nullptr, nullptr, nullptr, 0, nullptr), std::invalid_argument);
  EXPECT_THROW(cpu_learn_ops().sample(pool, 1, 257, nullptr, nullptr, nullptr, nullptr, 0, nullptr), std::invalid_argument);
}

}  // namespace
}  // namespace boxwarp
