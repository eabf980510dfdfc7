// What the engine is held to on every device.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "host/engine/device_array.hpp"
#include "host/engine/vector_env.hpp"
#include "levels/generate/generate.hpp"
#include "tests/kernels/env_checks.hpp"

namespace boxwarp::test {

// Steps whose actions and results stay on the device, launched one by one and recorded, leave what plain steps leave.
inline void expect_device_steps(const Device& device, AutoReset mode) {
  constexpr std::size_t kCount = 33, kSteps = 6;
  const auto bank = some_levels(false);
  const VectorEnvConfig config{.num_envs = kCount, .auto_reset = mode, .min_steps = 3, .max_steps = 9, .seed = 4};
  VectorEnv there(config, bank, device), here(config, bank, open_device("cpu", 1));
  there.reset();
  here.reset();
  const std::size_t bytes = kCount * here.observation_bytes();
  DeviceArray<std::uint8_t> actions(device, kSteps * kCount, "actions"), seen(device, kSteps * bytes, "seen");
  DeviceArray<float> rewards(device, kSteps * kCount, "rewards");
  DeviceArray<std::uint8_t> terminated(device, kSteps * kCount, "terminated"), truncated(device, kSteps * kCount, "truncated");
  const DeviceSteps steps{.actions = actions.data(),
                          .observations = seen.data(),
                          .rewards = rewards.data(),
                          .terminated = terminated.data(),
                          .truncated = truncated.data()};
  const std::unique_ptr<Recording> recording = there.device_record(steps, kSteps);
  for (const bool recorded : {true, false, true}) {
    std::vector<std::uint8_t> all_actions, all_seen, all_terminated, all_truncated, now(kCount);
    const auto add = [](auto& all, const auto& more) { all.insert(all.end(), more.begin(), more.end()); };
    std::vector<float> all_rewards;
    for (std::size_t t = 0; t < kSteps; ++t) {
      here.random_actions(now);
      here.step(now);
      add(all_actions, now);
      add(all_seen, here.observations());
      add(all_rewards, here.rewards());
      add(all_terminated, here.terminated());
      add(all_truncated, here.truncated());
    }
    actions.upload(all_actions);
    if (recorded)
      recording->launch();
    else
      there.device_step(steps, kSteps);
    there.synchronize();
    EXPECT_EQ(rewards.values(), all_rewards);
    EXPECT_EQ(seen.values(), all_seen);
    EXPECT_EQ(terminated.values(), all_terminated);
    EXPECT_EQ(truncated.values(), all_truncated);
    EXPECT_EQ(there.step_calls(), here.step_calls());
    EXPECT_TRUE(std::ranges::equal(there.level_ids(), here.level_ids()));
  }
  std::vector<std::uint8_t> now(kCount);
  here.random_actions(now);
  there.device_random_actions(actions.data());
  const std::vector<std::uint8_t> drawn = actions.values();
  EXPECT_TRUE(std::equal(now.begin(), now.end(), drawn.begin()));
  here.step(now);
  there.device_step(actions.data());  // into the engine's own arrays
  EXPECT_TRUE(std::ranges::equal(there.terminated(), here.terminated()));
  EXPECT_TRUE(std::ranges::equal(there.truncated(), here.truncated()));
}

inline void expect_device_steps(const Device& device) {
  for (const AutoReset mode : {AutoReset::same_step, AutoReset::next_step, AutoReset::disabled}) {
    SCOPED_TRACE(static_cast<int>(mode));
    expect_device_steps(device, mode);
  }
}

// Levels made where they are played are those of the generator, and a saved engine goes on with them.
inline void expect_renewed_levels(const Device& device) {
  constexpr std::int64_t kCount = 20, kMade = 5, kFirstSlot = 2;
  const auto bank = some_levels(false);
  const ReversePlay rules{.height = 8, .width = 9, .boxes = 2, .walk = 20, .min_moves = 4, .max_moves = 60};
  const VectorEnvConfig config{
      .num_envs = kCount, .observation = Observation::cells, .min_steps = 3, .max_steps = 9, .seed = 4};
  VectorEnv env(config, bank, device), other(config, bank, device), plain(config, bank, device);
  for (VectorEnv* each : {&env, &other, &plain}) each->reset();
  const std::vector<std::byte> before = env.save();
  const LevelRange range{.seed = 8, .first = 100, .count = kMade};
  EXPECT_EQ(env.renew_levels(rules, range, kFirstSlot), kMade);
  DeviceArray<std::uint8_t> made(device, kMade, "made");
  other.device_renew_levels(rules, range, kFirstSlot, made.data());
  other.synchronize();
  EXPECT_EQ(made.values(), std::vector<std::uint8_t>(kMade, 1));
  EXPECT_EQ(other.save(), env.save());
  const std::vector<std::uint8_t> everywhere;
  std::vector<std::int64_t> ids(kCount);
  for (std::size_t e = 0; e < ids.size(); ++e) ids[e] = static_cast<std::int64_t>(e) % bank->view().count;
  env.reset(everywhere, ids);
  plain.reset(everywhere, ids);
  const GenerateOptions options{.play = rules};
  for (std::size_t e = 0; e < ids.size(); ++e) {
    const bool renewed = ids[e] >= kFirstSlot && ids[e] < kFirstSlot + kMade;
    const auto id = static_cast<std::uint64_t>(100 + ids[e] - kFirstSlot);
    EXPECT_EQ(env.state().boxes[e],
              renewed ? interior_of(generate_level(options, 8, id).boxes.data(), 8, 0) : plain.state().boxes[e])
        << e;
  }
  const auto play = [](VectorEnv& each) {
    std::vector<std::uint8_t> actions(kCount);
    for (int t = 0; t < 20; ++t) {
      each.random_actions(actions);
      each.step(actions);
    }
    return each.save();
  };
  other.restore(env.save());
  const std::vector<std::byte> after = play(env);
  EXPECT_EQ(play(other), after);
  // Back to the set as it was.
  other.restore(before);
  plain.restore(before);
  EXPECT_EQ(play(other), play(plain));
}

}  // namespace boxwarp::test
