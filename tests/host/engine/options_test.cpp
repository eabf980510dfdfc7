// Whole episodes beside the oracle under every combination of the options that decide how an episode goes, each drawn as
// another kind of observation, so that every kind meets every value of every option.
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "levels/error.hpp"
#include "tests/host/engine/plays.hpp"

namespace boxwarp::test {
namespace {

struct Size {  // of the levels' tier and of observations
  bool large;
  int height, width;
};

TEST(Options, PlayWholeEpisodesAsTheOracleInEveryCombination) {
  const Texts texts = small_levels();
  const std::vector<ObservationFormat> formats = every_observation();
  const Size sizes[] = {{false, 0, 0}, {false, 13, 17}, {true, 0, 0}, {true, 16, 21}};
  constexpr std::int64_t kCounts[] = {1, 7, 20};
  std::set<std::pair<std::size_t, int>> met;
  std::int64_t ended = 0, solved = 0;
  std::size_t plays = 0;
  for (const AutoReset mode : {AutoReset::same_step, AutoReset::next_step, AutoReset::disabled})
    for (const LevelOrder order : {LevelOrder::random, LevelOrder::sequential})
      for (const bool no_op : {false, true})
        for (const SolvedRule rule : {SolvedRule::boxes_matched, SolvedRule::targets_covered})
          for (const bool symmetry : {false, true})
            for (const Size& size : sizes) {
              const std::size_t drawn = plays % formats.size();
              VectorEnvConfig config{.num_envs = kCounts[plays % 3],
                                     .observation = formats[drawn].kind,
                                     .layout = formats[drawn].layout,
                                     .level_order = order,
                                     .auto_reset = mode,
                                     .min_steps = 1 + static_cast<int>(plays % 5),
                                     .max_steps = 16,
                                     .no_op = no_op,
                                     .solved_rule = rule,
                                     .height = size.height,
                                     .width = size.width,
                                     .symmetry = symmetry,
                                     .final_observation = plays % 4 != 0,
                                     .element = formats[drawn].element,
                                     .tile = formats[drawn].tile,
                                     .seed = plays << 30};
              if (plays % 2 == 1) config.rewards = {.step = -0.3, .box = 0.7, .finish = 3.3, .no_op = 0.06};
              if (plays % 7 == 3)
                for (std::int64_t e = 0; e < config.num_envs; ++e) config.seeds.push_back(plays * 31 + e / 2u);
              SCOPED_TRACE(testing::Message() << "mode " << static_cast<int>(mode) << ", order " << static_cast<int>(order)
                                              << ", no_op " << no_op << ", rule " << static_cast<int>(rule) << ", symmetry "
                                              << symmetry << ", large " << size.large << ", height " << size.height
                                              << ", observation " << drawn << ", " << config.num_envs << " environments");
              Twin twin(texts, size.large, config, 1 + static_cast<int>(plays % 3));
              EXPECT_EQ(twin.env().final_observations().empty(),
                        twin.env().observations().empty() || mode != AutoReset::same_step || !config.final_observation);
              ASSERT_NO_FATAL_FAILURE(play(twin, 46, plays % 5 != 0));
              ended += twin.ended();
              solved += twin.solved();
              const int options[] = {
                  static_cast<int>(mode), 10 + static_cast<int>(order),        20 + no_op, 30 + static_cast<int>(rule),
                  40 + symmetry,          50 + static_cast<int>(&size - sizes)};
              for (const int option : options) met.emplace(drawn, option);
              ++plays;
            }
  EXPECT_EQ(plays, 3u * 2 * 2 * 2 * 2 * 4);
  EXPECT_EQ(met.size(), formats.size() * (3 + 2 + 2 + 2 + 2 + 4)) << "some kind of observation missed some option";
  EXPECT_GT(ended - solved, 3000) << "too few episodes were truncated to tell";
  EXPECT_GT(solved, 3000) << "too few episodes were solved to tell";
}

TEST(Options, ObservationsArePaddedUpTo64x64InEveryKind) {
  for (const ObservationFormat& format : every_observation()) {
    VectorEnvConfig config{.num_envs = 2,
                           .observation = format.kind,
                           .layout = format.layout,
                           .min_steps = 2,
                           .max_steps = 6,
                           .height = 64,
                           .width = 64,
                           .element = format.element,
                           .tile = format.tile};
    for (const bool large : {false, true}) {
      Twin twin(small_levels(), large, config);
      ASSERT_NO_FATAL_FAILURE(play(twin, 4, false));
    }
  }
}

// The fewest cells that a board can have, and all numbers of them around those that are drawn at once.
TEST(Options, BoardsOfEverySizeAreDrawnInBytes) {
  for (int height = 3; height <= 12; ++height)
    for (const int width : {3, 4, 5, 8, 9, 10, 11, 13}) {
      const Texts texts = {{"###", "#@#", "###"}};
      for (const Observation kind : {Observation::rgb, Observation::planes4, Observation::planes, Observation::cells}) {
        Twin twin(texts, false, {.num_envs = 3, .observation = kind, .height = height, .width = width});
        ASSERT_NO_FATAL_FAILURE(twin.start()) << height << " x " << width;
      }
    }
}

TEST(Options, TheRuleDecidesWhetherLeftOverBoxesOrTargetsMatter) {
  for (const bool large : {false, true})
    for (const SolvedRule rule : {SolvedRule::boxes_matched, SolvedRule::targets_covered}) {
      VectorEnv env({.num_envs = 2, .level_order = LevelOrder::sequential, .solved_rule = rule},
                    bank_from({{"#######", "#@$.. #", "#######"}, {"#######", "#@$.$ #", "#######"}}, large),
                    open_device("cpu", 1));
      env.reset();
      env.step(std::vector<std::int32_t>{3, 3});
      EXPECT_EQ(env.terminated()[0], rule == SolvedRule::boxes_matched) << "a target is left over";
      EXPECT_EQ(env.terminated()[1], rule == SolvedRule::targets_covered) << "a box is left over";
      EXPECT_EQ(env.rewards()[0], rule == SolvedRule::boxes_matched ? 10.9f : 0.9f);
    }
}

TEST(Options, NoOpCostsItsRewardCountsTowardsTheCapAndChangesNothing) {
  for (const bool large : {false, true}) {
    VectorEnv env({.num_envs = 1,
                   .observation = Observation::cells,
                   .auto_reset = AutoReset::disabled,
                   .min_steps = 3,
                   .max_steps = 3,
                   .no_op = true,
                   .rewards = {.no_op = -0.25}},
                  bank_from({{"######", "#@ $.#", "######"}}, large), open_device("cpu", 1));
    EXPECT_EQ(env.num_actions(), 5);
    env.reset();
    const oracle::Bytes before(env.observations().begin(), env.observations().end());
    env.step(std::vector<std::int32_t>{4});
    EXPECT_EQ(env.rewards()[0], static_cast<float>(-0.1 + -0.25));
    EXPECT_EQ(oracle::Bytes(env.observations().begin(), env.observations().end()), before);
    env.step(std::vector<std::uint8_t>{4});
    env.step(std::vector<std::int32_t>{3});
    EXPECT_EQ(env.truncated()[0], 1);
    EXPECT_EQ(env.episode_lengths()[0], 3);
    EXPECT_EQ(env.episode_idle()[0], 2);
    EXPECT_DOUBLE_EQ(env.episode_return(0), 3 * -0.1 + 2 * -0.25);
    EXPECT_THROW(env.step(std::vector<std::int32_t>{5}), BadAction);
  }
}

TEST(Options, ABadActionSaysWhichAndWhere) {
  constexpr std::size_t kCount = 150;  // two of the pieces that are looked at together, and a rest
  VectorEnv env({.num_envs = kCount}, bank_from({{"#####", "#@$.#", "#####"}}), open_device("cpu", 1));
  env.reset();
  for (const std::size_t where : {0u, 7u, 8u, 63u, 64u, 100u, 127u, 128u, 149u})
    for (const std::uint8_t bad : std::vector<std::uint8_t>{4, 5, 127, 128, 255}) {
      std::vector<std::uint8_t> actions(kCount, 3);
      actions[where] = bad;
      try {
        env.step(actions);
        FAIL() << "was taken";
      } catch (const BadAction& error) {
        EXPECT_EQ(error.environment, static_cast<std::int64_t>(where));
        EXPECT_EQ(error.action, bad);
      }
    }
}

// Pictures in vectors of one or two widths, by the number of cells, and those that are made cell by cell.
TEST(Options, FramesOfEverySizeAreDrawnAlikeInEitherLayout) {
  const auto bank = bank_from({{"#####", "#@$.#", "# * #", "#####"}, {"####", "#.@#", "#$ #", "####"}});
  for (int height = 4; height <= 24; ++height)
    for (int width = 5; width <= 13; ++width) {
      VectorEnv env({.num_envs = 5, .height = height, .width = width}, bank, open_device("cpu", 1));
      env.reset();
      const auto cells = static_cast<std::size_t>(height * width);
      for (const Observation kind : {Observation::rgb, Observation::planes, Observation::planes4}) {
        const auto channels = static_cast<std::size_t>(channels_of(kind));
        std::vector<std::uint8_t> first(5 * channels * cells), last(first.size());
        env.render({.kind = kind, .layout = Layout::chw}, first);
        env.render({.kind = kind, .layout = Layout::hwc}, last);
        for (std::size_t i = 0; i < first.size(); ++i) {
          const std::size_t board = i / (channels * cells), channel = i / cells % channels, cell = i % cells;
          ASSERT_EQ(first[i], last[(board * cells + cell) * channels + channel])
              << height << 'x' << width << ", value " << i;
        }
      }
    }
}

TEST(Options, SeedsAreListedAgainAtAReset) {
  const auto bank = bank_from(small_levels());
  const std::vector<std::uint64_t> seeds = {7, 1, 7};
  VectorEnvConfig config{.num_envs = 3};
  VectorEnv later(config, bank, open_device("cpu", 1));
  config.seeds = seeds;
  VectorEnv at_once(config, bank, open_device("cpu", 1));
  later.reset(5);
  later.reset_each(seeds);
  at_once.reset();
  EXPECT_EQ(later.save(), at_once.save());
  EXPECT_THROW(later.reset_each(std::vector<std::uint64_t>{1, 2}), BadInput);
}

TEST(Options, SavedStateKeepsHowManyLevelsAreInPlay) {
  const auto bank = bank_from(small_levels());
  VectorEnv env({.num_envs = 50}, bank, open_device("cpu", 1)), other({.num_envs = 50}, bank, open_device("cpu", 1));
  env.limit_levels(2);
  env.reset();
  other.restore(env.save());
  for (VectorEnv* each : {&env, &other}) each->reset();
  for (const std::int64_t id : other.level_ids()) EXPECT_LT(id, 2);
  EXPECT_EQ(env.save(), other.save());
  std::vector<std::byte> bytes = env.save();
  bytes[7] = std::byte{'2'};
  try {
    other.restore(bytes);
    FAIL() << "was taken";
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("version"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace boxwarp::test
