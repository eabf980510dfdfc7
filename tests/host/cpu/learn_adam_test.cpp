#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "tests/host/cpu/learn_case.hpp"
#include "tests/oracle/close.hpp"

namespace boxwarp {
namespace {

using Sizes = std::vector<std::size_t>;

struct Recipe {
  float learning_rate, beta1, beta2, epsilon;
};

// The published one: the gradient's norm is always cut to 2.5e-4, so its elements are about as large as eps.
constexpr Recipe kPaper{.learning_rate = 4e-4f, .beta1 = 0.9f, .beta2 = 0.99f, .epsilon = 1.5625e-7f};
constexpr float kPaperClip = 2.5e-4f;

struct Optimiser {
  explicit Optimiser(std::size_t count) : parameters(count), m(count), v(count) {
    for (std::size_t i = 0; i < count; ++i) parameters.data()[i] = m.data()[i] = v.data()[i] = 0;
  }
  // norm: of the gradient, as the operation is told; max_norm: where it is cut.
  void step(const std::vector<float>& gradient, double norm, double max_norm, const Recipe& recipe, int threads = 1) {
    ThreadPool pool(threads);
    clock.learning_rate = recipe.learning_rate;
    cpu_learn_ops().adam(pool,
                         {.count = gradient.size(),
                          .parameters = parameters.data(),
                          .m = m.data(),
                          .v = v.data(),
                          .gradient = gradient.data(),
                          .norm = &norm,
                          .max_norm = max_norm,
                          .beta1 = recipe.beta1,
                          .beta2 = recipe.beta2,
                          .epsilon = recipe.epsilon},
                         &clock, &report);
    EXPECT_TRUE(parameters.intact() && m.intact() && v.intact());
  }
  void step(const std::vector<float>& gradient, const Recipe& recipe) { step(gradient, 1, 1, recipe); }
  Guarded parameters, m, v;
  LearnClock clock{};
  UpdateReport report{};
};

double norm_of(const std::vector<float>& x, int threads = 1) {
  ThreadPool pool(threads);
  double norm = -1;
  cpu_learn_ops().norm(pool, x.data(), x.size(), &norm, nullptr);
  return norm;
}

std::vector<float> random_gradient(std::size_t count, std::uint64_t seed) {
  oracle::Numbers numbers(seed);
  std::vector<float> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(static_cast<float>(0.02 * numbers.normal()));
  return result;
}

// Float arithmetic on the way of a parameter that starts at zero: a few roundings of 2^-24 a step, and moments that nearly
// cancel lose digits against their own size, not against the learning rate.
void expect_oracle(std::size_t count, const Recipe& recipe, bool clip) {
  Optimiser optimiser(count);
  std::vector<std::vector<double>> seen(count);
  for (int step = 1; step <= 20; ++step) {
    const std::vector<float> gradient = random_gradient(count, static_cast<std::uint64_t>(step));
    const double norm = norm_of(gradient);
    const float scale = clip ? static_cast<float>(double{kPaperClip} / norm) : 1.0f;
    if (clip) {
      ASSERT_GT(norm, kPaperClip) << "the clip is to act on every step";
    }
    optimiser.step(gradient, norm, clip ? double{kPaperClip} : 2 * norm, recipe);
    for (std::size_t i = 0; i < count; ++i) seen[i].push_back(double{scale} * gradient[i]);
    for (std::size_t i = 0; i < count; i += 1 + count / 50)
      EXPECT_TRUE(
          oracle::close(optimiser.parameters[i],
                        oracle::adam(0, seen[i], recipe.learning_rate, recipe.beta1, recipe.beta2, recipe.epsilon).back(),
                        recipe.learning_rate * 1e-6 * step, 1e-6))
          << i << " of " << count << " after " << step;
  }
}

TEST(Adam, EqualsTheOracleAtAwkwardSizes) {
  for (const std::size_t count : Sizes{1, 7, 31, 33, 127, 129, 1000, 16384, 16385, 40000})
    expect_oracle(count, {.learning_rate = 3e-3f, .beta1 = 0.9f, .beta2 = 0.99f, .epsilon = 1e-5f}, false);
}

TEST(Adam, EqualsTheOracleUnderThePublishedClipAndEps) {
  for (const std::size_t count : Sizes{33, 1000, 40000}) expect_oracle(count, kPaper, true);
}

TEST(Adam, TheFirstStepIsTheLearningRateTimesTheSignSoftenedByEps) {
  Optimiser optimiser(3);
  const float size = 2.2e-7f;  // of an element of the published clipped gradient
  optimiser.step({size, -size, 0}, kPaper);
  const double expected = 4e-4 * 2.2e-7 / (2.2e-7 + 1.5625e-7);
  EXPECT_TRUE(oracle::close(optimiser.parameters[0], -expected, 0, 1e-6));
  EXPECT_TRUE(oracle::close(optimiser.parameters[1], expected, 0, 1e-6));
  EXPECT_EQ(optimiser.parameters[2], 0);
  EXPECT_TRUE(oracle::close(optimiser.m[0], 0.1 * 2.2e-7, 0, 1e-6));
  EXPECT_TRUE(oracle::close(optimiser.v[0], 0.01 * 2.2e-7 * 2.2e-7, 0, 1e-6));
}

TEST(Adam, EpsStandsOutsideOfTheRoot) {
  Optimiser optimiser(1);
  optimiser.step({3}, {.learning_rate = 1, .beta1 = 0.5f, .beta2 = 0.5f, .epsilon = 1});
  EXPECT_EQ(optimiser.parameters[0], -0.75f);  // 3 / (3 + 1); inside it would be 3 / sqrt(10)
}

TEST(Adam, ScalesTheGradientBeforeTheMoments) {
  Optimiser scaled(100), plain(100);
  std::vector<float> gradient = random_gradient(100, 4);
  scaled.step(gradient, 8, 2, kPaper);
  for (float& x : gradient) x *= 0.25f;
  plain.step(gradient, kPaper);
  EXPECT_EQ(scaled.parameters.copy(), plain.parameters.copy());
  EXPECT_EQ(scaled.v.copy(), plain.v.copy());
}

TEST(Adam, DoesNotDependOnTheNumberOfThreads) {
  Optimiser one(100001);
  for (std::uint64_t step = 1; step <= 3; ++step) one.step(random_gradient(100001, step), 2, 1, kPaper);
  for (const int threads : {2, 3, 8}) {
    Optimiser many(100001);
    for (std::uint64_t step = 1; step <= 3; ++step) many.step(random_gradient(100001, step), 2, 1, kPaper, threads);
    EXPECT_EQ(one.parameters.copy(), many.parameters.copy());
    EXPECT_EQ(one.m.copy(), many.m.copy());
    EXPECT_EQ(one.v.copy(), many.v.copy());
  }
}

TEST(Adam, CountsItsStepsAndAddsUpNorms) {
  Optimiser optimiser(3);
  optimiser.step({1, 2, 2}, 3, 1, kPaper);
  optimiser.step({1, 0, 0}, 1, 1, kPaper);
  EXPECT_EQ(optimiser.clock.gradient_step, 2);
  EXPECT_EQ(optimiser.report.gradient_steps, 2);
  EXPECT_EQ(optimiser.report.gradient_norm, 4);
  EXPECT_EQ(optimiser.report.not_finite, 0);
}

// After a loss or a norm that is not finite nothing is learned before the report is cleared.
TEST(Adam, ChangesNothingOnceSomethingWasNotFinite) {
  for (const bool by_loss : {false, true}) {
    Optimiser optimiser(3);
    optimiser.step({1, 2, 2}, 3, 1, kPaper);
    const std::vector<float> before = optimiser.parameters.copy(), m = optimiser.m.copy(), v = optimiser.v.copy();
    if (by_loss) {
      optimiser.report.not_finite = 1;
    } else {
      optimiser.step({1, 2, 2}, std::numeric_limits<double>::quiet_NaN(), 1, kPaper);
    }
    optimiser.step({1, 2, 2}, 3, 1, kPaper);
    EXPECT_EQ(optimiser.parameters.copy(), before);
    EXPECT_EQ(optimiser.m.copy(), m);
    EXPECT_EQ(optimiser.v.copy(), v);
    EXPECT_EQ(optimiser.report.not_finite, 1);
    EXPECT_EQ(optimiser.clock.gradient_step, by_loss ? 2 : 3);
    optimiser.report = {};
    optimiser.step({1, 2, 2}, 3, 1, kPaper);
    EXPECT_NE(optimiser.parameters.copy(), before);
  }
}

TEST(Norm, EqualsTheOracleAtAwkwardSizesAndDoesNotDependOnTheNumberOfThreads) {
  for (const std::size_t count : Sizes{0, 1, 7, 8, 9, 31, 33, 1000, 16383, 16384, 16385, 100000}) {
    const std::vector<float> x = random_gradient(count, count + 1);
    double square = 0;
    for (const float element : x) square += double{element} * double{element};
    const double norm = norm_of(x);
    EXPECT_TRUE(oracle::close(norm, std::sqrt(square), 0, 1e-13)) << count;
    for (const int threads : {2, 3, 8}) EXPECT_EQ(norm, norm_of(x, threads));
  }
}

TEST(Norm, NeitherOverflowsNorLosesWhatFloatWouldAndPassesNaNOn) {
  EXPECT_TRUE(oracle::close(norm_of(std::vector<float>(4, 1e30f)), 2e30, 0, 1e-7));
  EXPECT_TRUE(oracle::close(norm_of(std::vector<float>(4, 1e-30f)), 2e-30, 0, 1e-7));
  EXPECT_TRUE(std::isnan(norm_of({1, std::numeric_limits<float>::quiet_NaN()})));
}

}  // namespace
}  // namespace boxwarp
