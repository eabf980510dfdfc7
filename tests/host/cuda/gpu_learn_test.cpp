// The learner's kernels on a GPU, held to what the emulator holds them to; its exponentials in double may differ from the
// processor's in the last digit.
#include "tests/host/cuda/gpu_arrays.hpp"
#include "tests/host/cuda/gpu_fixture.hpp"
#include "tests/kernels/learn_checks.hpp"
#include "tests/kernels/learn_step_checks.hpp"

namespace boxwarp {
namespace cuda {
const LearnOps& learn_ops();
}

namespace test {
namespace {

class GpuLearn : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    current = executor.get();
    losses_ = std::make_unique<LearnChecks<GpuMemory>>(cuda::learn_ops(), *executor, false);
    steps_ = std::make_unique<LearnStepChecks<GpuMemory>>(cuda::learn_ops(), *executor);
  }

  std::unique_ptr<LearnChecks<GpuMemory>> losses_;
  std::unique_ptr<LearnStepChecks<GpuMemory>> steps_;
};

TEST_F(GpuLearn, GivesTheVtraceLossOfTheOracle) { losses_->vtrace_losses(); }
TEST_F(GpuLearn, GivesGradientsOfVtraceThatAreTheOraclesSlopes) { losses_->vtrace_gradients(); }
TEST_F(GpuLearn, GivesThePpoLossOfTheOracle) { losses_->ppo_losses(); }
TEST_F(GpuLearn, GivesGradientsOfPpoThatAreTheOraclesSlopes) { losses_->ppo_gradients(); }
TEST_F(GpuLearn, GivesTheAdvantagesOfTheOracle) { losses_->advantages(); }
TEST_F(GpuLearn, AddsUpTheLossesOfAnUpdate) { losses_->losses_add_up(); }
TEST_F(GpuLearn, CountsLossesThatAreNotFinite) { losses_->losses_not_finite(); }
TEST_F(GpuLearn, DrawsTheActionsOfTheOracle) { steps_->sampled_actions(); }
TEST_F(GpuLearn, KeepsWhatAStepToldAndCountsEpisodes) { steps_->records(); }
TEST_F(GpuLearn, ShufflesAsTheContractSays) { steps_->permutations({1, 2, 7, 31, 33, 129, 2100, 8192, 8193, 20000}); }
TEST_F(GpuLearn, GathersColumnsOfAnyWidth) { steps_->gathers(); }
TEST_F(GpuLearn, NormalisesToMeanZeroAndDeviationOne) { steps_->normalised(); }
TEST_F(GpuLearn, TakesTheNormOfTheOracle) { steps_->norms({1, 7, 31, 33, 129, 1000, 40000, 1300000}); }
TEST_F(GpuLearn, AddsWhatWasScaledAndRounded) { steps_->scaled_sums(); }
TEST_F(GpuLearn, StepsAsAdamAndAsTheProcessor) { steps_->gradient_steps(); }
TEST_F(GpuLearn, LeavesParametersAloneWhereAnythingIsNotFinite) { steps_->gradient_steps_not_finite(); }
TEST_F(GpuLearn, BeginsAndEndsUpdatesByTheirSchedules) { steps_->updates(); }

}  // namespace
}  // namespace test
}  // namespace boxwarp
