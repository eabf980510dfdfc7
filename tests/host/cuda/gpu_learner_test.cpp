// Training on a GPU: iterations beside the processor's, and that a run is the same every time.
#include "host/learner/evaluation.hpp"
#include "tests/host/cuda/gpu_fixture.hpp"
#include "tests/host/learner/iteration_checks.hpp"
#include "tests/host/learner/small_run.hpp"

namespace boxwarp::test {
namespace {

// Few boards: without a GPU, compiled kernels run on a processor.
TrainConfig short_config(Algorithm algorithm) {
  TrainConfig config = small_config(algorithm);
  config.num_envs = 6;
  config.minibatch_envs = 3;
  config.network.layers = 1;
  return config;
}

class GpuLearner : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    gpu_ = open_device("cuda");
  }

  std::string state_of(const Trainer& trainer) const {
    trainer.save(folder_.path() / "state");
    return bytes_of(folder_.path() / "state");
  }
  static void update(Trainer& trainer, int times) {
    for (int i = 0; i < times; ++i) trainer.update();
  }

  Device gpu_;
  TemporaryFolder folder_{"gpu_learner"};
};

TEST_F(GpuLearner, IterationsAreTheProcessorsInFloat32) {
  for (const Algorithm algorithm : {Algorithm::vtrace, Algorithm::ppo})
    expect_whole_iteration(gpu_, algorithm, PrecisionChoice::float32);
}
TEST_F(GpuLearner, IterationsAreCloseToTheProcessorsInBf16) {
  for (const Algorithm algorithm : {Algorithm::vtrace, Algorithm::ppo})
    expect_whole_iteration(gpu_, algorithm, PrecisionChoice::bf16);
}

TEST_F(GpuLearner, EachUpdateOfASeriesIsTheProcessorsFromTheSameWeights) { expect_series_of_iterations(gpu_); }
TEST_F(GpuLearner, HalvesTheLossInFloat32) { expect_falling_loss(gpu_, PrecisionChoice::float32); }
TEST_F(GpuLearner, HalvesTheLossInBf16) { expect_falling_loss(gpu_, PrecisionChoice::bf16); }

// The same bits from two runs, from a trainer that is set back half way, and from a new one that goes on from there.
TEST_F(GpuLearner, ARunIsTheSameEveryTimeAndAfterARestart) {
  for (const Algorithm algorithm : {Algorithm::vtrace, Algorithm::a2c, Algorithm::ppo}) {
    SCOPED_TRACE(static_cast<int>(algorithm));
    TrainConfig config = short_config(algorithm);
    config.truncation = Truncation::final;
    Trainer first(config, easy_levels(), gpu_), second(config, easy_levels(), gpu_);
    update(first, 4);
    update(second, 2);
    const std::filesystem::path half = folder_.path() / "half";
    second.save(half);
    update(second, 2);
    const std::string expected = state_of(first);
    EXPECT_TRUE(state_of(second) == expected) << "another run";
    second.restore(half);
    update(second, 2);
    EXPECT_TRUE(state_of(second) == expected) << "the same trainer, set back";
    Trainer third(config, easy_levels(), gpu_);
    third.restore(half);
    update(third, 2);
    EXPECT_TRUE(state_of(third) == expected) << "a new trainer";
  }
}

TEST_F(GpuLearner, FilesGoToTheProcessorAndBackUnchanged) {
  const TrainConfig config = short_config(Algorithm::ppo);
  Trainer there(config, easy_levels(), gpu_), here(config, easy_levels(), open_device("cpu", 1));
  update(there, 2);
  const std::string state = state_of(there);
  here.restore(folder_.path() / "state");
  EXPECT_TRUE(state_of(here) == state);
  update(here, 1);
  const std::string later = state_of(here);
  there.restore(folder_.path() / "state");
  EXPECT_TRUE(state_of(there) == later);
}

// Levels that are made during training, on the device, while its work goes on.
TEST_F(GpuLearner, FreshLevelsAreTheProcessors) {
  TrainConfig config = short_config(Algorithm::ppo);
  config.curriculum = 0;
  config.fresh_levels = 6;
  const auto levels = std::make_shared<const LevelBank>(load_levels({"generated:size=6x7,boxes=1,count=10,seed=5"}));
  Trainer there(config, levels, gpu_), here(config, levels, open_device("cpu", 1));
  std::vector<UpdateMetrics> found{there.update()};
  for (const UpdateMetrics& metrics : there.update(3)) found.push_back(metrics);
  ASSERT_EQ(found.size(), 4u);
  for (const UpdateMetrics& metrics : found) EXPECT_EQ(metrics.levels_kept, here.update().levels_kept) << metrics.update;
}

TEST_F(GpuLearner, AgentsPlayAsOnTheProcessor) {
  const Device cpu = open_device("cpu", 1);
  const Trainer trainer(short_config(Algorithm::ppo), easy_levels(), cpu);
  const EvaluationResult here = evaluate(trainer.weights(), easy_levels(), cpu, 1, 9, 0),
                         there = evaluate(trainer.weights(), easy_levels(), gpu_, 1, 9, 0, {}, Precision::float32);
  EXPECT_EQ(here.solved, there.solved);
  EXPECT_EQ(here.mean_length, there.mean_length);
}

}  // namespace
}  // namespace boxwarp::test
