// The environment's kernels on the emulator, in every order of threads.
#include <gtest/gtest.h>

#include "emulator/device_executor.hpp"
#include "emulator/emulator_memory.hpp"
#include "emulator/ops.hpp"
#include "emulator/schedule.hpp"
#include "kernels/fault.hpp"
#include "tests/kernels/env_checks.hpp"

namespace boxwarp {
namespace test {
namespace {

class EnvKernels : public testing::TestWithParam<emulator::Schedule> {
 protected:
  emulator::Buffer<FaultWord> fault_{{kNoFault}, "fault"};
  emulated::DeviceExecutor executor_{GetParam(), fault_.data()};
  const EnvOps& ops_ = emulated::env_ops();
  EnvChecks<EmulatorMemory> checks_{ops_, executor_};
};
INSTANTIATE_TEST_SUITE_P(Emulator, EnvKernels, testing::ValuesIn(emulator::every_schedule()));

TEST_P(EnvKernels, PlayAsTheProcessorInEveryModeOrderAndTier) {
  checks_.play_every_mode();
  EXPECT_EQ(fault_.values()[0], kNoFault);
}

TEST_P(EnvKernels, DrawEveryFormatAsTheProcessor) { checks_.draw_every_format(); }
TEST_P(EnvKernels, RenderAnyFormatAsTheProcessor) { checks_.render_any_format(); }
TEST_P(EnvKernels, PlayManyStepsInOneLaunchAsTheProcessor) { checks_.play_many_steps(); }
TEST_P(EnvKernels, MakeTheLevelsThatTheProcessorMakes) { checks_.make_levels(); }

// A bad action leaves its environment as it was, and the lowest such environment is told; a bad level id likewise.
TEST_P(EnvKernels, ReportBadActionsAndLevelsAndGoOn) {
  const auto levels = some_levels(false);
  const BankCopy<EmulatorMemory> device_bank(levels->view());
  const EnvOptions options =
      options_of({false, 40, {.kind = Observation::cells}, AutoReset::next_step, LevelOrder::random, false}, levels->view());
  EnvArrays<EmulatorMemory> arrays(levels->view(), options, 40, 3);
  ops_.reset(executor_, device_bank.view(), options, arrays.device_state(), arrays.device_output(), nullptr, nullptr);
  const EnvStateView state = arrays.device_state();
  emulator::Buffer<std::uint8_t> actions(40);
  actions.fill(1);
  actions[17] = 4;
  actions[30] = 255;
  ops_.step(executor_, device_bank.view(), options, state, arrays.device_output(), actions.data());
  EXPECT_EQ(arrays.device_steps()[17], 0);
  EXPECT_EQ(arrays.device_steps()[18], 1);
  const Fault fault = unpacked(fault_.values()[0]);
  EXPECT_EQ(fault.kind, FaultKind::bad_action);
  EXPECT_EQ(fault.environment, 17u);
  EXPECT_EQ(fault.value, 4);

  fault_.fill(kNoFault);
  emulator::Buffer<std::int64_t> ids(40);
  ids.fill(0);
  ids[5] = levels->view().count;
  ops_.reset(executor_, device_bank.view(), options, state, arrays.device_output(), nullptr, ids.data());
  EXPECT_EQ(unpacked(fault_.values()[0]).kind, FaultKind::bad_level);
  EXPECT_EQ(unpacked(fault_.values()[0]).environment, 5u);
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
