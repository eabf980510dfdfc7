// Steps, memory and levels as the engine keeps them where operations work; here the processor's own memory.
#include <gtest/gtest.h>

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
