// What the specification states in numbers, on levels small enough to follow by hand.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "levels/error.hpp"
#include "tests/host/engine/twin.hpp"

namespace boxwarp::test {
namespace {

constexpr std::int32_t kUp = 0, kDown = 1, kLeft = 2, kRight = 3;

// Every rule holds in both tiers.
class BothTiers : public testing::TestWithParam<bool> {
 protected:
  std::unique_ptr<VectorEnv> make(const Texts& texts, VectorEnvConfig config) {
    return std::make_unique<VectorEnv>(config, bank_from(texts, GetParam()), open_device("cpu", 1));
  }
  // One environment on one level, started.
  std::unique_ptr<VectorEnv> start(const oracle::Text& text, int cap = 100) {
    auto env = make({text}, {.observation = Observation::cells, .min_steps = cap, .max_steps = cap});
    env->reset();
    return env;
  }
  static void step(VectorEnv& env, std::int32_t action) { env.step(std::vector<std::int32_t>{action}); }
};

INSTANTIATE_TEST_SUITE_P(Tier, BothTiers, testing::Bool(),
                         [](const auto& tier) { return std::string(tier.param ? "Large" : "Small"); });

TEST_P(BothTiers, GiveTheFourRewardsOfBoxobanToTheLastBit) {
  auto env = start({"########", "#@ $. $#", "#     .#", "########"});
  EXPECT_EQ(env->rewards()[0], 0.0f) << "of a reset";
  step(*env, kRight);
  EXPECT_EQ(static_cast<double>(env->rewards()[0]), -0.10000000149011612);
  step(*env, kRight);  // onto the target
  EXPECT_EQ(static_cast<double>(env->rewards()[0]), 0.8999999761581421);
  step(*env, kRight);  // and off it
  EXPECT_EQ(static_cast<double>(env->rewards()[0]), -1.100000023841858);
  step(*env, kUp);  // against the wall
  EXPECT_EQ(static_cast<double>(env->rewards()[0]), -0.10000000149011612);

  env = start({"#######", "# @$. #", "#     #", "#######"});
  step(*env, kRight);
  EXPECT_EQ(static_cast<double>(env->rewards()[0]), 10.899999618530273);
  EXPECT_EQ(env->terminated()[0], 1);
  EXPECT_EQ(env->truncated()[0], 0);

  env = start({"########", "# @*. $#", "########"});
  step(*env, kRight);  // from target to target
  EXPECT_EQ(static_cast<double>(env->rewards()[0]), -0.10000000149011612);
}

TEST_P(BothTiers, TruncateAtTheCapAndNotBefore) {
  auto env = start({"#####", "#@$ #", "#  .#", "#####"}, 3);
  for (int step_number = 1; step_number <= 7; ++step_number) {
    step(*env, kLeft);
    EXPECT_EQ(env->truncated()[0], step_number % 3 == 0);
    EXPECT_EQ(env->terminated()[0], 0);
    if (step_number >= 3) {
      EXPECT_EQ(env->episode_lengths()[0], 3);
    }
  }
}

TEST_P(BothTiers, SolvingOnTheCapStepTerminatesAndDoesNotTruncate) {
  auto env = start({"######", "#@ $.#", "######"}, 2);
  step(*env, kRight);
  EXPECT_EQ(env->terminated()[0] | env->truncated()[0], 0);
  step(*env, kRight);
  EXPECT_EQ(env->terminated()[0], 1);
  EXPECT_EQ(env->truncated()[0], 0);
}

TEST_P(BothTiers, ALevelSolvedAsGivenEndsAtItsFirstStepWhateverTheAction) {
  for (const std::int32_t action : {kUp, kDown, kLeft, kRight}) {  // right pushes the box off its target
    auto env = start({"######", "#    #", "# @* #", "#    #", "######"});
    EXPECT_EQ(env->terminated()[0], 0);
    step(*env, action);
    EXPECT_EQ(env->terminated()[0], 1) << action;
    EXPECT_EQ(env->truncated()[0], 0);
    EXPECT_EQ(env->episode_lengths()[0], 1);
  }
}

TEST_P(BothTiers, MoreTargetsThanBoxesIsSolvedWhenNoBoxIsLeftOver) {
  auto env = start({"######", "#@$..#", "#... #", "######"});
  step(*env, kRight);
  EXPECT_EQ(env->terminated()[0], 1);
}

TEST_P(BothTiers, TellTheFinalBoardTheFirstBoardOfTheNextEpisodeAndBothLevels) {
  const Texts texts = {{"######", "#@ $.#", "######"}, {"######", "# $@.#", "######"}};
  auto env = make(
      texts, {.observation = Observation::cells, .level_order = LevelOrder::sequential, .min_steps = 9, .max_steps = 9});
  env->reset();
  const oracle::Bytes untouched(env->final_observations().begin(), env->final_observations().end());
  step(*env, kRight);
  EXPECT_EQ(oracle::Bytes(env->final_observations().begin(), env->final_observations().end()), untouched);
  step(*env, kRight);
  const oracle::Bytes final = {0, 0, 0, 0, 0, 0, 0, 1, 1, 5, 3, 0, 0, 0, 0, 0, 0, 0};
  const oracle::Bytes next = {0, 0, 0, 0, 0, 0, 0, 1, 4, 5, 2, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(oracle::Bytes(env->final_observations().begin(), env->final_observations().end()), final);
  EXPECT_EQ(oracle::Bytes(env->observations().begin(), env->observations().end()), next);
  EXPECT_EQ(env->finished_level_ids()[0], 0);
  EXPECT_EQ(env->level_ids()[0], 1);
  EXPECT_EQ(env->episode_lengths()[0], 2);
  EXPECT_EQ(env->episode_matched()[0], 1);
  EXPECT_DOUBLE_EQ(env->episode_return(0), -0.1 * 2 + 1 + 10);
}

TEST_P(BothTiers, ABadActionIsReportedAndNobodyIsStepped) {
  auto env = make({{"#####", "#@  #", "#####"}, {"#####", "#@$.#", "#####"}},
                  {.num_envs = 3, .level_order = LevelOrder::sequential, .min_steps = 50, .max_steps = 50});
  env->reset();
  const std::vector<std::byte> before = env->save();
  for (const std::int32_t bad : {4, -1, 255, 256, 1 << 30}) {
    EXPECT_THROW(env->step(std::vector<std::int32_t>{kRight, kRight, bad}), BadInput);
    EXPECT_TRUE(env->save() == before);
  }
  for (const std::uint8_t bad : std::vector<std::uint8_t>{4, 5, 255}) {
    EXPECT_THROW(env->step(std::vector<std::uint8_t>{3, bad, 3}), BadInput);
    EXPECT_TRUE(env->save() == before);
  }
  try {
    env->step(std::vector<std::int32_t>{0, -7, 0});
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("-7"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("environment 1"), std::string::npos) << error.what();
  }
}

TEST_P(BothTiers, NothingGoesBeforeTheFirstReset) {
  auto env = make({{"#####", "#@$.#", "#####"}}, {.num_envs = 2});
  std::vector<std::uint8_t> room(2), picture(2 * env->observation_bytes());
  EXPECT_THROW(env->step(std::vector<std::int32_t>{0, 0}), BadInput);
  EXPECT_THROW(env->step(std::vector<std::uint8_t>{0, 0}), BadInput);
  EXPECT_THROW(env->random_actions(room), BadInput);
  EXPECT_THROW(env->render({}, picture), BadInput);
  EXPECT_THROW(env->save(), BadInput);
  EXPECT_THROW(env->reset(std::vector<std::uint8_t>{1, 0}, {}), BadInput) << "the other would have no board";
  env->reset(std::vector<std::uint8_t>{1, 1}, {});
  EXPECT_NO_THROW(env->step(std::vector<std::int32_t>{0, 0}));
}

TEST_P(BothTiers, ArraysOfAnotherLengthAndUnknownLevelsAreReportedAndChangeNothing) {
  auto env = make({{"#####", "#@$.#", "#####"}}, {.num_envs = 2});
  env->reset();
  const std::vector<std::byte> before = env->save();
  EXPECT_THROW(env->step(std::vector<std::int32_t>{0}), BadInput);
  EXPECT_THROW(env->step(std::vector<std::uint8_t>{0, 0, 0}), BadInput);
  EXPECT_THROW(env->reset(std::vector<std::uint8_t>{1}, {}), BadInput);
  EXPECT_THROW(env->reset({}, std::vector<std::int64_t>{0}), BadInput);
  EXPECT_THROW(env->reset({}, std::vector<std::int64_t>{0, 1}), BadInput);
  EXPECT_THROW(env->reset({}, std::vector<std::int64_t>{-2, 0}), BadInput);
  std::vector<std::uint8_t> wrong(3);
  EXPECT_THROW(env->random_actions(wrong), BadInput);
  EXPECT_THROW(env->render({}, wrong), BadInput);
  EXPECT_THROW(env->restore(std::vector<std::byte>(5)), BadInput);
  std::vector<std::byte> cut = before;
  cut.pop_back();
  EXPECT_THROW(env->restore(cut), BadInput);
  EXPECT_TRUE(env->save() == before);
}

TEST_P(BothTiers, DrawCapsUniformlyWithBothEndsIncluded) {
  constexpr std::int64_t kCount = 91 * 400;
  auto env = make({{"#####", "#@$.#", "#####"}}, {.num_envs = kCount, .observation = Observation::none, .seed = 77});
  env->reset();
  std::map<int, double> seen;
  for (std::int64_t e = 0; e < kCount; ++e) ++seen[env->state().cap[e]];
  EXPECT_EQ(seen.begin()->first, 30);
  EXPECT_EQ(seen.rbegin()->first, 120);
  EXPECT_EQ(seen.size(), 91u);
  double chi_square = 0;
  for (const auto& [cap, times] : seen) chi_square += (times - 400) * (times - 400) / 400;
  EXPECT_LT(chi_square, 137.2) << "the 99.9 % point of chi-square with 90 degrees of freedom";
}

TEST_P(BothTiers, OrderIsSequentialPerEnvironmentAndAResetByIdTakesNoTurn) {
  const Texts texts(5, {"#####", "#@$ #", "#  .#", "#####"});
  auto env = make(texts, {.num_envs = 2, .level_order = LevelOrder::sequential, .min_steps = 2, .max_steps = 2});
  const auto ids = [&] { return std::vector<std::int64_t>(env->level_ids().begin(), env->level_ids().end()); };
  using Ids = std::vector<std::int64_t>;
  env->reset();
  EXPECT_EQ(ids(), (Ids{0, 1}));
  env->reset(std::vector<std::uint8_t>{0, 1}, {});  // one alone
  EXPECT_EQ(ids(), (Ids{0, 3}));
  env->reset({}, Ids{4, -1});  // the first by id
  EXPECT_EQ(ids(), (Ids{4, 0}));
  env->step(std::vector<std::int32_t>{2, 2});
  env->step(std::vector<std::int32_t>{2, 2});  // both at their cap
  EXPECT_EQ(ids(), (Ids{2, 2}));
  env->reset();
  EXPECT_EQ(ids(), (Ids{4, 4})) << "a reset without a seed is one more episode";
  env->reset(0);
  EXPECT_EQ(ids(), (Ids{0, 1})) << "a seed zeroes the counters";
}

TEST_P(BothTiers, KeepNoFinalObservationWhereNoneIsWanted) {
  auto env = make({{"#####", "#@$.#", "#####"}}, {.num_envs = 2, .final_observation = false});
  env->reset();
  env->step(std::vector<std::int32_t>{3, 2});
  EXPECT_EQ(env->terminated()[0], 1);
  EXPECT_TRUE(env->final_observations().empty());
}

TEST(VectorEnvConfig, AllMistakesAreReportedTogether) {
  VectorEnvConfig config{.num_envs = 0, .min_steps = 0, .max_steps = -1, .height = 4, .width = 65};
  config.seeds = {1, 2};
  try {
    VectorEnv env(config, bank_from({{"######", "#@$. #", "#    #", "#    #", "######"}}), open_device("cpu", 1));
    FAIL() << "was taken";
  } catch (const BadInput& error) {
    for (const char* name : {"num_envs", "min_steps", "max_steps", "seeds", "height", "width"})
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << name << " in: " << error.what();
  }
}

TEST(VectorEnvConfig, EachMistakeIsOneAndItsNeighbourIsNone) {
  const auto taken = [](const VectorEnvConfig& config) {
    try {
      VectorEnv env(config, bank_from({{"######", "#@$. #", "#    #", "######"}}), open_device("cpu", 1));
      return true;
    } catch (const BadInput&) {
      return false;
    }
  };
  EXPECT_TRUE(taken({.num_envs = 1}));
  EXPECT_FALSE(taken({.num_envs = 0}));
  EXPECT_FALSE(taken({.num_envs = -5}));
  EXPECT_TRUE(taken({.min_steps = 1, .max_steps = 1}));
  EXPECT_FALSE(taken({.min_steps = 0, .max_steps = 1}));
  EXPECT_FALSE(taken({.min_steps = 2, .max_steps = 1}));
  EXPECT_TRUE(taken({.height = 4, .width = 6}));
  EXPECT_FALSE(taken({.height = 3}));
  EXPECT_FALSE(taken({.width = 5}));
  EXPECT_TRUE(taken({.height = 64, .width = 64}));
  EXPECT_FALSE(taken({.height = 65}));
  EXPECT_TRUE(taken({.num_envs = 2, .first_environment = 3, .total_envs = 5}));
  EXPECT_FALSE(taken({.num_envs = 2, .first_environment = 3, .total_envs = 4}));
}

TEST(Device, NamesThatAreNoneAreReported) {
  EXPECT_THROW(open_device("gpu"), BadInput);
  EXPECT_THROW(open_device("cpu", -1), BadInput);
  EXPECT_EQ(open_device("auto", 2).env, open_device("cpu", 1).env);
}

}  // namespace
}  // namespace boxwarp::test
