// The environment's kernels on a GPU, held to what the emulator holds them to.
#include "host/cuda/fault.hpp"
#include "host/engine/signature.hpp"
#include "tests/host/cuda/gpu_arrays.hpp"
#include "tests/host/cuda/gpu_fixture.hpp"
#include "tests/kernels/engine_checks.hpp"

namespace boxwarp {
namespace cuda {
const EnvOps& env_ops();
}

namespace test {
namespace {

class GpuEnv : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    current = executor.get();
    checks_ = std::make_unique<EnvChecks<GpuMemory>>(cuda::env_ops(), *executor);
  }

  std::unique_ptr<EnvChecks<GpuMemory>> checks_;
};

TEST_F(GpuEnv, PlaysAsTheProcessorInEveryModeOrderAndTier) { checks_->play_every_mode(); }
TEST_F(GpuEnv, DrawsEveryFormatAsTheProcessor) { checks_->draw_every_format(); }
TEST_F(GpuEnv, RendersAnyFormatAsTheProcessor) { checks_->render_any_format(); }
TEST_F(GpuEnv, PlaysManyStepsInOneLaunchAsTheProcessor) { checks_->play_many_steps(); }
TEST_F(GpuEnv, MakesTheLevelsThatTheProcessorMakes) { checks_->make_levels(); }

TEST_F(GpuEnv, StepsThatStayThereLeaveWhatPlainStepsLeave) { expect_device_steps(open_device("cuda")); }

TEST_F(GpuEnv, PlaysLevelsThatItMadeThere) { expect_renewed_levels(open_device("cuda")); }

// Short, for compute-sanitizer: both tiers, final observations, quads and single values.
TEST_F(GpuEnv, PlaysAsTheProcessorInAFewFormats) {
  for (const bool large : {false, true})
    for (const std::int64_t count : {7, 130})
      checks_->play({large, count, {.kind = Observation::rgb}, AutoReset::same_step, LevelOrder::random, true}, 6);
}

TEST_F(GpuEnv, HasTheSignatureOfTheProcessorInBothTiers) {
  const std::uint64_t processor = rules_signature(open_device("cpu"), kSignatureBoards);
  const Device gpu = open_device("cuda");
  EXPECT_EQ(rules_signature(gpu, kSignatureBoards), processor);
  EXPECT_EQ(rules_signature(gpu, 1000, Tier::large), processor);
}

TEST_F(GpuEnv, TellsABadActionAtTheNextSynchronisation) {
  const auto levels = some_levels(false);
  const BankCopy<GpuMemory> bank(levels->view());
  const EnvOptions options =
      options_of({false, 40, {.kind = Observation::cells}, AutoReset::same_step, LevelOrder::random, false}, levels->view());
  EnvArrays<GpuMemory> arrays(levels->view(), options, 40, 3);
  const EnvOps& ops = cuda::env_ops();
  ops.reset(*executor, bank.view(), options, arrays.device_state(), arrays.device_output(), nullptr, nullptr);
  std::vector<std::uint8_t> values(40, 1);
  values[17] = 4;
  GpuMemory::Buffer<std::uint8_t> actions(40);
  actions.copy_from(values);
  ops.step(*executor, bank.view(), options, arrays.device_state(), arrays.device_output(), actions.data());
  try {
    executor->synchronize();
    FAIL() << "nobody was told";
  } catch (const BadInputOnDevice& error) {
    EXPECT_EQ(error.fault.environment, 17u);
    EXPECT_EQ(error.fault.value, 4);
  }
  EXPECT_EQ(arrays.device_steps()[17], 0);
  EXPECT_EQ(arrays.device_steps()[18], 1);
}

}  // namespace
}  // namespace test
}  // namespace boxwarp
