// Steps, memory and levels as the engine keeps them where operations work; here the processor's own memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <vector>

#include "levels/error.hpp"
#include "tests/kernels/engine_checks.hpp"

namespace boxwarp::test {
namespace {

TEST(DeviceSteps, StepsOfTheDeviceLeaveWhatPlainStepsLeave) { expect_device_steps(open_device("cpu", 1)); }

TEST(DeviceSteps, ABadActionAmongTheStepsOfAProcessorThrowsAtOnce) {
  VectorEnv env({.num_envs = 3}, some_levels(false), open_device("cpu", 1));
  const std::vector<std::uint8_t> actions = {0, 1, 2, 3, 4, 0};
  EXPECT_THROW(env.device_record({.actions = actions.data()}, 2), BadInput);  // before the first reset
  env.reset();
  EXPECT_THROW(env.device_record({.actions = actions.data()}, 2)->launch(), BadInput);
  EXPECT_EQ(env.step_calls(), 1u);
  EXPECT_THROW(env.device_record({.actions = actions.data()}, 0), BadInput);
}

// Steps that are taken together leave what they leave one by one: several threads, chunks and kinds of episodes' ends.
TEST(DeviceSteps, SeriesOfStepsAreThoseStepsOneByOne) {
  constexpr std::size_t kCount = 700, kSteps = 5;
  for (const bool is_large : {false, true})
    for (const AutoReset mode : {AutoReset::same_step, AutoReset::next_step, AutoReset::disabled}) {
      const VectorEnvConfig config{.num_envs = kCount, .auto_reset = mode, .min_steps = 2, .max_steps = 9, .seed = 11};
      const auto bank = some_levels(is_large);
      VectorEnv together(config, bank, open_device("cpu", 3)), told_apart(config, bank, open_device("cpu", 2));
      VectorEnv one_by_one(config, bank, open_device("cpu", 1));
      for (VectorEnv* env : {&together, &told_apart, &one_by_one}) env->reset();
      std::vector<std::uint8_t> actions(kSteps * kCount);
      std::vector<float> told(kSteps * kCount);
      for (int series = 0; series < 6; ++series) {
        for (std::size_t i = 0; i < actions.size(); ++i)
          actions[i] = static_cast<std::uint8_t>((i * 2654435761u + static_cast<unsigned>(series) * 40503u) >> 7 & 3);
        together.device_step({.actions = actions.data()}, kSteps);
        told_apart.device_step({.actions = actions.data(), .rewards = told.data()}, kSteps);
        for (std::size_t t = 0; t < kSteps; ++t) {
          one_by_one.step(std::span<const std::uint8_t>(actions).subspan(t * kCount, kCount));
          EXPECT_TRUE(std::ranges::equal(one_by_one.rewards(), std::span(told).subspan(t * kCount, kCount)));
        }
        ASSERT_EQ(together.save(), one_by_one.save());
        EXPECT_TRUE(std::ranges::equal(told_apart.observations(), one_by_one.observations()));
      }
    }
}

// What next_step does not look at may be anything, and what it does look at is refused when its step comes.
TEST(DeviceSteps, ASeriesWithActionsThatAreNotLookedAt) {
  VectorEnv env({.num_envs = 2, .auto_reset = AutoReset::next_step, .min_steps = 1, .max_steps = 1}, some_levels(false),
                open_device("cpu", 1));
  env.reset();
  const std::vector<std::uint8_t> actions = {0, 1, 200, 201, 2, 3, 202, 203};
  env.device_step({.actions = actions.data()}, 4);
  EXPECT_EQ(env.step_calls(), 4u);
  EXPECT_THROW(env.device_step({.actions = actions.data() + 2}, 1), BadAction);
  EXPECT_THROW(env.device_step({.actions = actions.data()}, 0), BadInput);
  EXPECT_EQ(env.step_calls(), 4u);
}

TEST(DeviceSteps, MemoryIsToldByWhatItIsFor) {
  const VectorEnv env({.num_envs = 100}, some_levels(false), open_device("cpu", 1));
  std::size_t sum = 0, observations = 0;
  for (const MemoryPart& part : env.memory_parts()) {
    sum += part.bytes;
    if (part.name == "observations") observations = part.bytes;
  }
  EXPECT_EQ(sum, env.memory_bytes());
  EXPECT_EQ(observations, 2 * 100 * env.observation_bytes());
}

TEST(RenewedLevels, ArePlayedSavedAndRestored) { expect_renewed_levels(open_device("cpu", 2)); }

TEST(RenewedLevels, MustFitTheSet) {
  VectorEnv env({.num_envs = 3}, some_levels(false), open_device("cpu", 1));
  const std::int64_t count = env.levels().view().count;
  const ReversePlay rules{.height = 7, .width = 7};
  EXPECT_THROW(env.renew_levels({.height = 11, .width = 7}, {1, 0, 1}, 0), BadInput);
  EXPECT_THROW(env.renew_levels(rules, {1, 0, 2}, count - 1), BadInput);
  EXPECT_THROW(env.renew_levels(rules, {1, 0, 0}, 0), BadInput);
  EXPECT_THROW(env.renew_levels(rules, {1, -1, 1}, 0), BadInput);
  EXPECT_THROW(env.renew_levels(rules, {1, 0, 1}, -1), BadInput);
  EXPECT_NO_THROW(env.renew_levels(rules, {1, 0, count}, 0));
}

}  // namespace
}  // namespace boxwarp::test
