// Whole episodes beside the oracle: large levels, many environments, seeds, and parts of a run.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/host/engine/plays.hpp"

namespace boxwarp::test {
namespace {

TEST(VectorEnv, PlaysLargeLevelsAsTheOracle) {
  for (const LevelOrder order : {LevelOrder::random, LevelOrder::sequential})
    for (const Observation observation : {Observation::rgb, Observation::planes4, Observation::packed}) {
      VectorEnvConfig config{
          .num_envs = 7, .observation = observation, .level_order = order, .min_steps = 1, .max_steps = 60, .seed = 3};
      Twin twin(large_levels(), false, config, 2);
      ASSERT_NO_FATAL_FAILURE(play(twin, 150, true));
    }
}

TEST(VectorEnv, PlaysTheLargestLevelsAsTheOracle) {
  for (const Observation observation : {Observation::rgb, Observation::packed}) {
    Twin twin(largest_levels(), false, {.num_envs = 3, .observation = observation, .min_steps = 20, .max_steps = 40});
    ASSERT_NO_FATAL_FAILURE(play(twin, 100, true));
  }
}

TEST(VectorEnv, GivesEachEnvironmentItsOwnSeedWhereTheyAreListed) {
  for (const LevelOrder order : {LevelOrder::random, LevelOrder::sequential}) {
    VectorEnvConfig config{.num_envs = 5, .level_order = order, .min_steps = 3, .max_steps = 9, .seed = 99};
    config.seeds = {7, 1, 7, ~std::uint64_t{0}, 1ull << 32};
    Twin twin(small_levels(), false, config);
    ASSERT_NO_FATAL_FAILURE(play(twin, 100, true));
  }
  // equal seeds: equal episodes, as of environment 0
  VectorEnvConfig config{.num_envs = 2, .observation = Observation::cells};
  config.seeds = {7, 7};
  VectorEnv env(config, bank_from(small_levels()), open_device("cpu", 1));
  VectorEnv first({.num_envs = 1, .observation = Observation::cells, .seed = 7}, bank_from(small_levels()),
                  open_device("cpu", 1));
  env.reset();
  first.reset();
  EXPECT_EQ(env.level_ids()[0], env.level_ids()[1]);
  EXPECT_EQ(env.level_ids()[0], first.level_ids()[0]);
}

TEST(VectorEnv, PlaysItsPartOfARunThatIsSplitOverSeveral) {
  for (const LevelOrder order : {LevelOrder::random, LevelOrder::sequential}) {
    VectorEnvConfig config{.num_envs = 6,
                           .level_order = order,
                           .min_steps = 3,
                           .max_steps = 12,
                           .seed = 4,
                           .first_environment = 10,
                           .total_envs = 20};
    Twin twin(small_levels(), false, config);
    ASSERT_NO_FATAL_FAILURE(play(twin, 100, true));
  }
}

TEST(VectorEnv, PlaysEachEpisodeInAGuiseOfItsSquareOrOblongFrame) {
  const Texts oblong = {{"######", "#@$. #", "#   ##", "######"}, {"####", "#@ #", "#*.#", "####"}};
  for (const bool large : {false, true}) {
    VectorEnvConfig config{.num_envs = 64, .min_steps = 2, .max_steps = 5, .symmetry = true, .seed = 17};
    for (const Texts& texts : {small_levels(), oblong}) {
      Twin twin(texts, large, config);
      ASSERT_NO_FATAL_FAILURE(play(twin, 30, true));
    }
  }
}

TEST(VectorEnv, ASeedStartsEverythingAnew) {
  Twin twin(small_levels(), false, {.num_envs = 7, .min_steps = 3, .max_steps = 30});
  ASSERT_NO_FATAL_FAILURE(play(twin, 40, true));
  ASSERT_NO_FATAL_FAILURE(twin.seed(1234567890123456789));
  for (int i = 0; i < 40; ++i) ASSERT_NO_FATAL_FAILURE(twin.step_at_random());
}

TEST(VectorEnv, PlaysMoreEnvironmentsThanOneChunkAsTheOracle) {
  for (const bool large : {false, true}) {
    Twin twin(small_levels(), large, {.num_envs = 600, .min_steps = 3, .max_steps = 20}, 3);
    ASSERT_NO_FATAL_FAILURE(play(twin, 30, true));
  }
}

TEST(VectorEnv, DoesNotDependOnTheNumberOfThreads) {
  for (const bool large : {false, true})
    for (const bool symmetry : {false, true}) {
      std::vector<std::vector<std::byte>> saved;
      for (const int threads : {1, 2, 3, 8}) {
        VectorEnvConfig config{.num_envs = 1500, .min_steps = 5, .max_steps = 30, .symmetry = symmetry, .seed = 8};
        VectorEnv env(config, bank_from(small_levels(), large), open_device("cpu", threads));
        env.reset();
        std::vector<std::uint8_t> actions(1500);
        for (int step = 0; step < 40; ++step) {
          env.random_actions(actions);
          env.step(actions);
        }
        saved.push_back(env.save());  // observations and everything told included
      }
      for (const auto& bytes : saved) EXPECT_TRUE(bytes == saved[0]);
    }
}

TEST(VectorEnv, AnEnvironmentDoesNotSeeHowManyThereAre) {
  const auto bank = bank_from(small_levels());
  VectorEnv all({.num_envs = 64, .min_steps = 5, .max_steps = 30, .seed = 8}, bank, open_device("cpu", 2));
  VectorEnv part({.num_envs = 5, .min_steps = 5, .max_steps = 30, .seed = 8, .first_environment = 20}, bank,
                 open_device("cpu", 1));
  all.reset();
  part.reset();
  std::vector<std::uint8_t> many(64), few(5);
  for (int step = 0; step < 200; ++step) {
    all.random_actions(many);
    part.random_actions(few);
    ASSERT_TRUE(std::equal(few.begin(), few.end(), many.begin() + 20));
    all.step(many);
    part.step(few);
    const auto rows = all.observations().subspan(20 * all.observation_bytes(), 5 * all.observation_bytes());
    ASSERT_TRUE(std::equal(rows.begin(), rows.end(), part.observations().begin(), part.observations().end()));
    for (std::size_t e = 0; e < 5; ++e) ASSERT_EQ(all.level_ids()[20 + e], part.level_ids()[e]);
  }
}

TEST(VectorEnv, GoesOnAfterRestoreAsIfNothingHadHappened) {
  const auto bank = bank_from(small_levels());
  const VectorEnvConfig config{.num_envs = 33, .min_steps = 5, .max_steps = 30, .symmetry = true, .seed = 8};
  VectorEnv env(config, bank, open_device("cpu", 1)), other(config, bank, open_device("cpu", 2));
  std::vector<std::uint8_t> actions(33);
  const auto go_on = [&](VectorEnv& of) {
    for (int step = 0; step < 60; ++step) {
      of.random_actions(actions);
      of.step(actions);
    }
    return of.save();
  };
  env.reset();
  go_on(env);
  const std::vector<std::byte> half = env.save();
  const std::vector<std::byte> straight = go_on(env);
  other.restore(half);
  EXPECT_TRUE(other.save() == half);
  EXPECT_TRUE(go_on(other) == straight);
}

}  // namespace
}  // namespace boxwarp::test
