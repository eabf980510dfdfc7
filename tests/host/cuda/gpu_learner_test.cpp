// Training on a GPU: iterations beside the processor's, that a run is the same every time, and that the performance model
// counts what is launched.
#include "bench/model/compare.hpp"
#include "host/learner/evaluation.hpp"
#include "host/learner/weights.hpp"
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

TEST_F(GpuLearner, LaunchesTheKernelsThatAreCounted) {
  const bool warpgroups = executor->limits().warpgroups;
  for (const PrecisionChoice precision : {PrecisionChoice::bf16, PrecisionChoice::bf16_wgmma}) {
    if (precision == PrecisionChoice::bf16_wgmma && !warpgroups) continue;
    TrainConfig config = short_config(Algorithm::vtrace);
    config.precision = precision;
    config.unroll = 2;
    config.network = {.layers = 2, .ticks = 1, .channels = 32, .height = 5, .width = 6, .hidden = 32};
    Iteration iteration(config, easy_levels(), gpu_);
    iteration.env().reset();
    std::vector<model::Measured> measured;
    for (const KernelTime& kernel : iteration.profile().kernels)
      measured.push_back({kernel.name, static_cast<double>(kernel.launches), kernel.seconds});
    const model::Batch batch{.boards = 6,
                             .steps = 2,
                             .minibatch = 3,
                             .epochs = 1,
                             .bootstrap = true,
                             .parameters = parameter_count(config.network)};
    const model::Gpu& gpu = model::gpus().front();
    std::vector<model::Prediction> predicted;
    for (const model::Work& work : model::update_work(config.network, batch, gpu, iteration.mode().precision))
      predicted.push_back(model::predict(work, gpu));
    for (const model::Compared& row : model::compared(measured, predicted)) {
      EXPECT_TRUE(!row.predicted_seconds || row.launches > 0) << row.part;
      const bool of_network = row.part.find("lstm") != std::string::npos || row.part.starts_with("grad_");
      EXPECT_TRUE(!of_network || row.predicted_seconds) << row.part;
    }
  }
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
