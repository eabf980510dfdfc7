// The learner's kernels on the emulator, in every order of threads. It computes as the processor does to the last bit, so
// gradients, returns and gradient steps must be equal.
#include <gtest/gtest.h>

#include "emulator/device_executor.hpp"
#include "emulator/emulator_memory.hpp"
#include "emulator/ops.hpp"
#include "emulator/schedule.hpp"
#include "kernels/fault.hpp"
#include "tests/kernels/learn_checks.hpp"
#include "tests/kernels/learn_step_checks.hpp"

namespace boxwarp {
namespace test {
namespace {

class LearnKernels : public testing::TestWithParam<emulator::Schedule> {
 protected:
  emulator::Buffer<FaultWord> fault_{{kNoFault}, "fault"};
  emulated::DeviceExecutor executor_{GetParam(), fault_.data()};
  const LearnOps& ops_ = emulated::learn_ops();
  LearnChecks<EmulatorMemory> losses_{ops_, executor_, true};
  LearnStepChecks<EmulatorMemory> steps_{ops_, executor_};
};
INSTANTIATE_TEST_SUITE_P(Emulator, LearnKernels, testing::ValuesIn(emulator::every_schedule()));

TEST_P(LearnKernels, GiveTheVtraceLossOfTheOracle) { losses_.vtrace_losses(); }
TEST_P(LearnKernels, GiveGradientsOfVtraceThatAreTheOraclesSlopes) { losses_.vtrace_gradients(); }
TEST_P(LearnKernels, GiveThePpoLossOfTheOracle) { losses_.ppo_losses(); }
TEST_P(LearnKernels, GiveGradientsOfPpoThatAreTheOraclesSlopes) { losses_.ppo_gradients(); }
TEST_P(LearnKernels, GiveTheAdvantagesOfTheOracle) { losses_.advantages(); }
TEST_P(LearnKernels, AddUpTheLossesOfAnUpdate) { losses_.losses_add_up(); }
TEST_P(LearnKernels, CountLossesThatAreNotFinite) { losses_.losses_not_finite(); }
TEST_P(LearnKernels, DrawTheActionsOfTheOracle) { steps_.sampled_actions(); }
TEST_P(LearnKernels, KeepWhatAStepToldAndCountEpisodes) { steps_.records(); }
TEST_P(LearnKernels, ShuffleAsTheContractSays) { steps_.permutations({1, 2, 7, 31, 33, 129, 2100, 8193}); }
TEST_P(LearnKernels, GatherColumnsOfAnyWidth) { steps_.gathers(); }
TEST_P(LearnKernels, NormaliseToMeanZeroAndDeviationOne) { steps_.normalised(); }
TEST_P(LearnKernels, TakeTheNormOfTheOracle) { steps_.norms({0, 1, 7, 31, 33, 129, 1000, 40000}); }
TEST_P(LearnKernels, AddWhatWasScaledAndRounded) { steps_.scaled_sums(); }
TEST_P(LearnKernels, StepAsAdamAndAsTheProcessor) { steps_.gradient_steps(); }
TEST_P(LearnKernels, LeaveParametersAloneWhereAnythingIsNotFinite) { steps_.gradient_steps_not_finite(); }
TEST_P(LearnKernels, BeginAndEndUpdatesByTheirSchedules) { steps_.updates(); }

// No memory is read by an action that is none: the lowest board that has one is told, and the loss counts as not finite.
TEST_P(LearnKernels, ReportABadActionAndGoOn) {
  Trajectories<EmulatorMemory> x(3, 40, 4, 3);
  x.action.plain[40 + 17] = 4;
  x.action.plain[2 * 40 + 9] = 200;
  EXPECT_EQ(losses_.far_vtrace(x, losses_.kCoefficients).report.not_finite, 1);
  const Fault fault = unpacked(fault_.values()[0]);
  EXPECT_EQ(fault.kind, FaultKind::bad_action);
  EXPECT_EQ(fault.environment, 9u);
  EXPECT_EQ(fault.value, 200);
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
