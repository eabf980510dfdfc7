#include <gtest/gtest.h>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "tests/host/cpu/learn_case.hpp"
#include "tests/oracle/close.hpp"

namespace boxwarp {
namespace {

struct Outcome {
  std::vector<float> advantage, target;
};

Outcome run(const LearnCase& x, float gamma, float lambda) {
  ThreadPool pool(2);
  Guarded advantage(x.reward.size()), target(x.reward.size());
  cpu_learn_ops().gae(pool, x.view.steps, x.view.boards, x.values.data(), x.reward.data(), x.done.data(), x.truncated.data(),
                      gamma, lambda, advantage.data(), target.data());
  EXPECT_TRUE(advantage.intact());
  EXPECT_TRUE(target.intact());
  return {advantage.copy(), target.copy()};
}

TEST(Gae, EqualsTheOracleAtAwkwardSizes) {
  std::uint64_t seed = 1;
  for (const int boards : {1, 7, 33, 128})
    for (const int steps : {1, 2, 20})
      for (const float lambda : {0.0f, 0.95f, 1.0f}) {
        const LearnCase x(steps, boards, 1, seed++);
        SCOPED_TRACE(size_of(x));
        const Outcome got = run(x, 0.97f, lambda);
        const oracle::Estimates want = oracle::gae(x.twin(), {0.97f, lambda, 0, 0, 0, 0});
        for (std::size_t i = 0; i < got.target.size(); ++i) {
          EXPECT_TRUE(oracle::close(got.advantage[i], want.advantage[i], 1e-12, 1e-7)) << i;
          EXPECT_TRUE(oracle::close(got.target[i], want.target[i], 1e-12, 1e-7)) << i;
        }
      }
}

TEST(Gae, TheEndOfAnEpisodeCutsAndATruncatedStepHasNoDifference) {
  LearnCase x(4, 1, 1, 1);
  x.values = {1, 2, 4, 8, 16};
  x.reward = {1, 1, 100, 1};
  x.done = {1, 0, 1, 0};
  x.truncated = {0, 0, 1, 0};
  const Outcome got = run(x, 0.5f, 0.5f);
  // t=3: 1 + 8 - 8 = 1. t=2: truncated, 0. t=1: 1 + 2 - 2 + .25 x 0 = 1. t=0: solved, 1 - 1 = 0.
  EXPECT_EQ(got.advantage, (std::vector<float>{0, 1, 0, 1}));
  EXPECT_EQ(got.target, (std::vector<float>{1, 3, 4, 9}));
}

TEST(Gae, LambdaOneSumsDiscountedRewards) {
  LearnCase x(3, 1, 1, 1);
  x.values = {0, 7, -3, 8};
  x.reward = {1, 2, 4};
  x.done = x.truncated = {0, 0, 0};
  EXPECT_EQ(run(x, 0.5f, 1).target[0], 1 + 1 + 1 + 1);
}

}  // namespace
}  // namespace boxwarp
