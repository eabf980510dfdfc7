// The engine on a device with memory of its own: the emulator, whose kernels may touch nothing else.
#include <gtest/gtest.h>

#include <vector>

#include "emulator/far_memory.hpp"
#include "emulator/schedule.hpp"
#include "tests/host/engine/deadlocks.hpp"
#include "tests/kernels/engine_checks.hpp"

namespace boxwarp {
namespace test {
namespace {

class EngineOnADevice : public testing::TestWithParam<emulator::Schedule> {
 protected:
  Device device_ = emulated_device(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Emulator, EngineOnADevice, testing::ValuesIn(emulator::every_schedule()));

TEST_P(EngineOnADevice, PlaysAsTheOracleInEveryModeAndTier) {
  std::int64_t ended = 0;
  for (const bool large : {false, true})
    for (const AutoReset mode : {AutoReset::same_step, AutoReset::next_step, AutoReset::disabled})
      for (const Observation kind : {Observation::rgb, Observation::packed}) {
        Twin twin(small_levels(), large,
                  {.num_envs = 13,
                   .observation = kind,
                   .level_order = kind == Observation::rgb ? LevelOrder::random : LevelOrder::sequential,
                   .auto_reset = mode,
                   .min_steps = 3,
                   .max_steps = 12,
                   .seed = 31},
                  device_);
        ASSERT_NO_FATAL_FAILURE(play(twin, 50, true));
        ended += twin.ended();
      }
  EXPECT_GT(ended, 300);
}

// What one device saves, another takes and goes on with to the same bytes.
TEST_P(EngineOnADevice, SavesWhatTheProcessorGoesOnWith) {
  const auto bank = bank_from(small_levels());
  const VectorEnvConfig config{.num_envs = 33, .min_steps = 3, .max_steps = 9, .symmetry = true, .seed = 4};
  VectorEnv far(config, bank, device_), near(config, bank, open_device("cpu", 2));
  std::vector<std::uint8_t> actions(33);
  const auto play = [&actions](VectorEnv& env, int steps) {
    for (int i = 0; i < steps; ++i) {
      env.random_actions(actions);
      env.step(actions);
    }
  };
  far.reset();
  play(far, 7);
  near.restore(far.save());
  play(far, 9);
  play(near, 9);
  EXPECT_EQ(far.save(), near.save());
  far.restore(near.save());
  play(far, 3);
  play(near, 3);
  EXPECT_EQ(far.save(), near.save());
}

TEST_P(EngineOnADevice, PlaysManyStepsInOneCallAsTheProcessor) {
  const auto bank = bank_from(small_levels());
  const VectorEnvConfig config{.num_envs = 40, .observation = Observation::none, .min_steps = 3, .max_steps = 9, .seed = 4};
  VectorEnv far(config, bank, device_), near(config, bank, open_device("cpu", 1));
  far.reset();
  near.reset();
  for (const bool given : {true, false}) {
    std::vector<std::uint8_t> actions(given ? 25 * 40 : 0);
    for (std::size_t i = 0; i < actions.size(); ++i) actions[i] = static_cast<std::uint8_t>(i * i % 7 % 4);
    std::vector<std::vector<float>> reward(2, std::vector<float>(40));
    std::vector<std::vector<std::int32_t>> episodes(2, std::vector<std::int32_t>(40)), solved = episodes;
    VectorEnv* const both[2] = {&far, &near};
    for (std::size_t i = 0; i < 2; ++i)
      both[i]->step_many(actions, 25,
                         {.reward = reward[i].data(), .episodes = episodes[i].data(), .solved = solved[i].data()});
    EXPECT_EQ(reward[0], reward[1]);
    EXPECT_EQ(episodes[0], episodes[1]);
    EXPECT_EQ(solved[0], solved[1]);
  }
  EXPECT_EQ(far.save(), near.save());
}

TEST_P(EngineOnADevice, StepsThatStayThereLeaveWhatPlainStepsLeave) { expect_device_steps(device_); }

TEST_P(EngineOnADevice, TellsDeadBoardsAsTheOracle) { expect_deadlocks(device_, 8); }

TEST_P(EngineOnADevice, EndsEpisodesOnDeadBoardsAsTheOracle) { expect_ends_on_deadlock(device_, 40); }

TEST_P(EngineOnADevice, PlaysLevelsThatItMadeThere) { expect_renewed_levels(device_); }

}  // namespace
}  // namespace test
}  // namespace boxwarp
