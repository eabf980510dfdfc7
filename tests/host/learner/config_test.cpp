#include "host/learner/config.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "host/learner/net_shape_json.hpp"
#include "kernels/net/shape_numbers.hpp"
#include "levels/error.hpp"

namespace boxwarp {
namespace {

TEST(Config, PaperIsThePublishedRecipeNumberByNumber) {
  const TrainConfig c = preset("paper");
  EXPECT_EQ(c.algorithm, Algorithm::vtrace);
  EXPECT_EQ(c.frames, 2'002'944'000);
  EXPECT_EQ(c.num_envs, 256);
  EXPECT_EQ(c.unroll, 20);
  EXPECT_EQ(c.frames_per_update(), 5'120);
  EXPECT_EQ(c.updates(), 391'200);
  EXPECT_EQ(c.num_envs / c.minibatch_envs, 8);
  EXPECT_EQ(c.epochs, 1);
  EXPECT_EQ(c.gamma, 0.97);
  EXPECT_EQ(c.lambda, 0.5);
  EXPECT_EQ(c.entropy_coefficient, 0.01);
  EXPECT_EQ(c.entropy_coefficient_end, 0.01);
  EXPECT_EQ(c.value_coefficient, 0.25);
  EXPECT_EQ(c.logit_l2, 1.5625e-6);
  EXPECT_EQ(c.head_l2, 1.5625e-8);
  EXPECT_EQ(c.max_gradient_norm, 2.5e-4);
  EXPECT_EQ(c.adam_beta1, 0.9);
  EXPECT_EQ(c.adam_beta2, 0.99);
  EXPECT_EQ(c.adam_epsilon, 1.5625e-7);
  EXPECT_EQ(c.min_steps, 30);
  EXPECT_EQ(c.max_steps, 120);
  EXPECT_EQ(c.reward_scale, 1.0);
  EXPECT_FALSE(c.symmetry);
  EXPECT_EQ(c.network, (NetShape{.height = 0, .width = 0}));
  EXPECT_EQ(c.head_gain, 1.0);
}

// 4e-4 + floor(k/8)/391,200 x (4e-6 - 4e-4), k = gradient steps already taken.
TEST(Config, LearningRateOfPaperFollowsTheFormula) {
  const TrainConfig c = preset("paper");
  for (const std::int64_t k : {0, 7, 8, 40, 1'564'800, 3'129'599}) {
    const std::int64_t update = k / 8;
    const double expected = 4e-4 + static_cast<double>(update) / 391'200.0 * (4e-6 - 4e-4);
    EXPECT_NEAR(rate_at(c.schedules().learning_rate, update), expected, 1e-18) << k;
  }
  EXPECT_GT(rate_at(c.schedules().learning_rate, 391'199), 4e-6);
}

TEST(Config, SchedulesStartAndEndWhereTheySay) {
  const auto rate = [](Schedule schedule, std::int64_t update, std::int64_t warm_up = 0) {
    return rate_at({.schedule = schedule, .start = 3, .end = 1, .updates = 10, .warm_up = warm_up}, update);
  };
  for (const Schedule schedule : {Schedule::linear, Schedule::cosine}) {
    EXPECT_DOUBLE_EQ(rate(schedule, 0), 3.0);
    EXPECT_DOUBLE_EQ(rate(schedule, 5), 2.0);
    EXPECT_DOUBLE_EQ(rate(schedule, 10), 1.0);
    EXPECT_DOUBLE_EQ(rate(schedule, 99), 1.0);
  }
  EXPECT_EQ(rate(Schedule::constant, 9), 3.0);
}

// Four updates of warm-up take a fifth, two fifths, ... of what the schedule says.
TEST(Config, WarmUpGrowsEvenlyToTheSchedule) {
  TrainConfig c = preset("paper");
  c.warm_up_frames = 3 * c.frames_per_update() + 1;
  const Rate rate = c.schedules().learning_rate;
  EXPECT_EQ(rate.warm_up, 4);
  Rate plain = rate;
  plain.warm_up = 0;
  for (const std::int64_t update : {0, 1, 2, 3})
    EXPECT_DOUBLE_EQ(rate_at(rate, update), rate_at(plain, update) * static_cast<double>(update + 1) / 5);
  EXPECT_EQ(rate_at(rate, 4), rate_at(plain, 4));
  EXPECT_EQ(c.schedules().entropy.warm_up, 0);
}

TEST(Config, JsonThereAndBackIsTheSame) {
  for (const std::string& name : preset_names()) {
    TrainConfig config;
    std::vector<std::string> mistakes;
    apply_json(to_json(preset(name)), config, mistakes);
    EXPECT_TRUE(mistakes.empty());
    EXPECT_EQ(to_json(config), to_json(preset(name)));
  }
}

TEST(Config, SettingsReachNestedMembersAndWords) {
  TrainConfig config = preset("quick");
  std::vector<std::string> mistakes;
  for (const char* setting :
       {"network.channels=32", "schedule=cosine", "learning_rate=1e-3", "symmetry=false", "frames=1e6"})
    apply_setting(setting, config, mistakes);
  EXPECT_TRUE(mistakes.empty());
  EXPECT_EQ(config.network.channels, 32);
  EXPECT_EQ(config.schedule, Schedule::cosine);
  EXPECT_EQ(config.learning_rate, 1e-3);
  EXPECT_FALSE(config.symmetry);
  EXPECT_EQ(config.frames, 1'000'000);
}

// The largest numbers of each type, and those behind them, as JSON has them: whole or as a float.
TEST(Config, WholeNumbersAreTakenToTheLastOfTheirType) {
  const auto taken = [](const std::string& setting, TrainConfig& config) {
    std::vector<std::string> mistakes;
    apply_setting(setting, config, mistakes);
    return mistakes.empty();
  };
  TrainConfig config;
  EXPECT_TRUE(taken("seed=18446744073709551615", config));
  EXPECT_EQ(config.seed, ~std::uint64_t{0});
  for (const char* seed : {"18446744073709551616", "1.8446744073709552e19", "-1", "1e300"}) {
    EXPECT_FALSE(taken(std::string("seed=") + seed, config)) << seed;
    EXPECT_EQ(config.seed, ~std::uint64_t{0});
  }
  EXPECT_TRUE(taken("frames=9223372036854775807", config));
  for (const char* frames : {"9223372036854775808", "9.223372036854775807e18"})
    EXPECT_FALSE(taken(std::string("frames=") + frames, config)) << frames;
  EXPECT_TRUE(taken("num_envs=2147483647", config));
  EXPECT_FALSE(taken("num_envs=2147483648", config));
  EXPECT_FALSE(taken("num_envs=2.147483648e9", config));
}

TEST(Config, FramesHaveAnUpperEnd) {
  for (std::int64_t TrainConfig::*frames :
       {&TrainConfig::frames, &TrainConfig::schedule_frames, &TrainConfig::warm_up_frames}) {
    TrainConfig config = preset("quick");
    config.*frames = kMostFrames;
    EXPECT_TRUE(mistakes_in(config).empty());
    EXPECT_GT(config.updates(), 0);
    config.*frames = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(mistakes_in(config).size(), 1u);
    config.*frames = -1;
    EXPECT_EQ(mistakes_in(config).size(), 1u);
  }
}

// What a file of weights may be, a training may make, and the other way round.
TEST(Config, ANetworksNumbersHaveTheRangesThatFilesHave) {
  for (const ShapeNumber& number : kShapeNumbers) {
    if (number.member == &NetShape::actions) continue;  // as no_op says
    for (const int found : {number.least - 1, number.least, number.most, number.most + number.step}) {
      TrainConfig config = preset("paper");
      config.network.height = config.network.width = 10;
      config.network.*number.member = found;
      const bool is_size = number.member == &NetShape::height || number.member == &NetShape::width;
      if (is_size && found == 0) continue;  // of the largest level
      const bool in_range = found >= number.least && found <= number.most;
      EXPECT_EQ(mistakes_in(config).empty(), in_range) << number.name << " " << found;
      EXPECT_EQ(mistakes_in(config.network).empty(), in_range) << number.name << " " << found;
      if (in_range)
        EXPECT_EQ(shape_from_json(to_json(config.network)), config.network);
      else
        EXPECT_THROW(shape_from_json(to_json(config.network)), BadInput) << number.name << " " << found;
    }
  }
}

TEST(Config, StartsFromAPresetOrFromTheRunThatItGoesOn) {
  EXPECT_EQ(base_config("", nullptr).preset, "paper");
  EXPECT_EQ(base_config("quick", nullptr).num_envs, preset("quick").num_envs);
  EXPECT_THROW(base_config("fast", nullptr), BadInput);
  TrainConfig before = preset("quick");
  before.frames = 5;
  before.seed = 6;
  before.checkpoint_minutes = 7;
  before.gamma = 0.5;
  EXPECT_EQ(to_json(base_config("", &before)), to_json(before));
  TrainConfig expected = preset("paper");
  expected.frames = 5;
  expected.seed = 6;
  expected.checkpoint_minutes = 7;
  EXPECT_EQ(to_json(base_config("paper", &before)), to_json(expected));
}

TEST(Config, AllMistakesAreReportedTogether) {
  TrainConfig config = preset("paper");
  std::vector<std::string> mistakes;
  for (const char* setting :
       {"colour=red", "gamma=high", "schedule=zigzag", "num_envs=1.5", "num_envs=99999999999", "nothing"})
    apply_setting(setting, config, mistakes);
  ASSERT_EQ(mistakes.size(), 6u);
  EXPECT_NE(mistakes[0].find("no such setting; there are preset, algorithm, "), std::string::npos);
  apply_setting("taste=salty", config, mistakes);
  EXPECT_EQ(mistakes.back(), "taste: no such setting") << "they are listed once";
  EXPECT_NE(mistakes[2].find("constant, linear, cosine"), std::string::npos);
  config.num_envs = 100;
  config.gamma = std::nan("");
  config.epochs = 2;
  config.network.channels = 24;
  config.min_steps = 0;
  config.max_steps = -1;
  EXPECT_EQ(mistakes_in(config).size(), 6u);
  for (const std::string& name : preset_names()) EXPECT_TRUE(mistakes_in(preset(name)).empty());
}

TEST(Config, TakesTheConfigurationOfARun) {
  TrainConfig run = preset("quick");
  run.gamma = 0.5;
  run.network.hidden = 48;
  nlohmann::ordered_json file;
  file["train"] = to_json(run);
  file["levels"] = {"two.txt"};
  file["memory_bytes"]["total"] = 5;
  TrainConfig config = preset("paper");
  std::vector<std::string> mistakes;
  apply_json(file, config, mistakes);
  EXPECT_TRUE(mistakes.empty()) << mistakes[0];
  EXPECT_EQ(to_json(config), to_json(run));
  file["gamma"] = 0.25;
  file["colour"] = "red";
  apply_json(file, config, mistakes);
  EXPECT_EQ(config.gamma, 0.25) << "laid over it";
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_TRUE(mistakes[0].starts_with("colour: no such setting"));
}

TEST(Config, AnUnknownPresetNamesTheKnownOnes) {
  try {
    preset("fast");
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("paper, throughput, throughput24, quick"), std::string::npos);
  }
}

TEST(Config, NoOpIsAnActionOfTheNetworkToo) {
  TrainConfig config;
  std::vector<std::string> mistakes;
  apply_setting("no_op=true", config, mistakes);
  EXPECT_EQ(mistakes, std::vector<std::string>());
  EXPECT_EQ(config.network.actions, 5);
  EXPECT_TRUE(mistakes_in(config).empty());
  TrainConfig again;
  apply_json(to_json(config), again, mistakes);
  EXPECT_EQ(again.network, config.network);
  config.no_op = false;
  EXPECT_EQ(mistakes_in(config), std::vector<std::string>{"network.actions: found 5, takes 4 without no_op"});
}

TEST(Config, WordsOfOptionsAreReadWrittenAndNamed) {
  TrainConfig config;
  std::vector<std::string> mistakes;
  for (const char* setting : {"solved_rule=targets_covered", "end_on_deadlock=true", "recompute=true", "schedule=cosine"})
    apply_setting(setting, config, mistakes);
  EXPECT_EQ(mistakes, std::vector<std::string>());
  EXPECT_EQ(config.solved_rule, SolvedRule::targets_covered);
  EXPECT_TRUE(config.end_on_deadlock);
  EXPECT_EQ(config.recompute, RecomputeChoice::always);
  const auto json = to_json(config);
  EXPECT_EQ(json["solved_rule"], "targets_covered");
  EXPECT_EQ(json["recompute"], true);
  EXPECT_EQ(json["precision"], "auto");
  TrainConfig again;
  apply_json(json, again, mistakes);
  EXPECT_EQ(to_json(again), json);
  for (const char* setting : {"solved_rule=all", "recompute=1", "network.skip=3"}) apply_setting(setting, config, mistakes);
  ASSERT_EQ(mistakes.size(), 3u);
  EXPECT_EQ(mistakes[0], "solved_rule: found \"all\", takes one of boxes_matched, targets_covered");
  EXPECT_EQ(mistakes[1], "recompute: found 1, takes one of auto, true, false");
  EXPECT_EQ(mistakes[2], "network.skip: found 3, takes one of sum, concatenation, none");
}

}  // namespace
}  // namespace boxwarp
