// Whole episodes beside the oracle, for every combination that changes how environments are laid out, drawn or started.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/host/engine/plays.hpp"

namespace boxwarp::test {
namespace {

TEST(VectorEnv, PlaysWholeEpisodesAsTheOracleInEveryCombination) {
  const Texts texts = small_levels();
  std::int64_t ended = 0, solved = 0;
  std::uint64_t seed = 1;
  for (const bool large : {false, true})
    for (const LevelOrder order : {LevelOrder::random, LevelOrder::sequential})
      for (const Observation observation : {Observation::rgb, Observation::planes4, Observation::packed, Observation::cells})
        for (const Layout layout : {Layout::chw, Layout::hwc})
          for (const std::int64_t count : {1, 7, 64}) {
            VectorEnvConfig config{.num_envs = count,
                                   .observation = observation,
                                   .layout = layout,
                                   .level_order = order,
                                   .min_steps = 5,
                                   .max_steps = 40,
                                   .seed = ++seed << 30};
            SCOPED_TRACE(testing::Message() << "large " << large << ", order " << static_cast<int>(order) << ", observation "
                                            << static_cast<int>(observation) << ", layout " << static_cast<int>(layout)
                                            << ", " << count << " environments");
            Twin twin(texts, large, config, 1 + static_cast<int>(seed % 3));
            ASSERT_NO_FATAL_FAILURE(play(twin, count == 64 ? 50 : 120, seed % 2 == 0));
            ended += twin.ended();
            solved += twin.solved();
          }
  EXPECT_GT(ended - solved, 1000) << "too few episodes were truncated to tell";
  EXPECT_GT(solved, 1000) << "too few episodes were solved to tell";
}

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

TEST(VectorEnv, PadsSmallerBoardsWithWallToTheAskedSize) {
  for (const bool large : {false, true})
    for (const Observation observation : {Observation::rgb, Observation::planes4, Observation::packed, Observation::cells}) {
      VectorEnvConfig config{
          .num_envs = 7, .observation = observation, .min_steps = 5, .max_steps = 20, .height = 13, .width = 17};
      Twin twin(small_levels(), large, config);
      ASSERT_NO_FATAL_FAILURE(play(twin, 60, false));
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

TEST(VectorEnv, PlaysUnderOtherRewards) {
  VectorEnvConfig config{
      .num_envs = 16, .min_steps = 3, .max_steps = 30, .rewards = {.step = -0.3, .box = 0.7, .finish = 3.3}};
  Twin twin(small_levels(), false, config);
  ASSERT_NO_FATAL_FAILURE(play(twin, 100, false));
}

// The board in one of its guises: 1 turned upside down, 2 left to right, 4 rows and columns changed places before that.
oracle::Text in_guise(const oracle::Text& board, int guise) {
  oracle::Text result = board;
  if ((guise & 4) != 0)
    for (std::size_t r = 0; r < board.size(); ++r)
      for (std::size_t c = 0; c < board.size(); ++c) result[r][c] = board[c][r];
  if ((guise & 1) != 0) std::reverse(result.begin(), result.end());
  if ((guise & 2) != 0)
    for (std::string& row : result) std::reverse(row.begin(), row.end());
  return result;
}

TEST(VectorEnv, SymmetryPlaysEachEpisodeInAGuiseDrawnFromItsStream) {
  Texts square = small_levels(), oblong = {{"######", "#@$. #", "#   ##", "######"}, {"####", "#@ #", "#*.#", "####"}};
  for (const Texts* texts : {&square, &oblong})
    for (const bool large : {false, true}) {
      const auto bank = bank_from(*texts, large);
      const auto height = static_cast<std::size_t>(bank->view().height),
                 width = static_cast<std::size_t>(bank->view().width);
      VectorEnv env({.num_envs = 64, .observation = Observation::cells, .min_steps = 99, .symmetry = true, .seed = 17}, bank,
                    open_device("cpu", 1));
      env.reset();
      env.reset();  // episode 1
      std::vector<oracle::Sokoban> games;
      std::vector<bool> over(64), drawn(8);
      for (std::uint32_t e = 0; e < 64; ++e) {
        oracle::Text text = (*texts)[static_cast<std::size_t>(env.level_ids()[e])];
        for (std::string& row : text) row.resize(width, '#');
        text.resize(height, std::string(width, '#'));
        const auto guise = static_cast<int>(oracle::below(oracle::draw(17, e, 3, 1), height == width ? 8 : 4));
        drawn[static_cast<std::size_t>(guise)] = true;
        games.emplace_back(in_guise(text, guise));
      }
      for (int guise = 0; guise < 8; ++guise)
        EXPECT_EQ(drawn[static_cast<std::size_t>(guise)], height == width || guise < 4);
      std::vector<std::uint8_t> actions(64);
      for (int step = 0; step < 40; ++step) {
        for (std::size_t e = 0; e < 64; ++e) {
          const auto row = env.observations().subspan(e * height * width, height * width);
          if (!over[e]) {
            ASSERT_EQ(oracle::Bytes(row.begin(), row.end()), oracle::cells(games[e].rows())) << e;
          }
        }
        env.random_actions(actions);
        env.step(actions);
        for (std::size_t e = 0; e < 64; ++e) {
          games[e].step(actions[e]);
          if (env.terminated()[e] != 0) over[e] = true;
        }
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
