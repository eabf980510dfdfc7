// An iteration on a device with memory of its own: recorded once, launched again, and never waited for inside.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "host/learner/evaluation.hpp"
#include "host/learner/trainer.hpp"
#include "levels/level_set.hpp"
#include "tests/host/learner/small_run.hpp"
#include "tests/host/learner/tape_device.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
namespace {

namespace fs = std::filesystem;

TrainConfig with_size(TrainConfig config) {  // of easy_levels()
  config.network.height = 5;
  config.network.width = 6;
  return config;
}

class OnATape : public testing::TestWithParam<Algorithm> {
 protected:
  std::string state_of(const Trainer& trainer) const {
    trainer.save(folder_.path() / "state");
    return test::bytes_of(folder_.path() / "state");
  }

  std::shared_ptr<test::Tape> tape_ = std::make_shared<test::Tape>(1);
  Device far_ = test::tape_device(tape_), near_ = open_device("cpu", 1);
  test::TemporaryFolder folder_{"iteration"};
};
class EveryAlgorithmOnATape : public OnATape {};
INSTANTIATE_TEST_SUITE_P(Algorithms, EveryAlgorithmOnATape,
                         testing::Values(Algorithm::vtrace, Algorithm::a2c, Algorithm::ppo), test::algorithm_name);

// Everything that changes from update to update is in play: rates with a warm-up, a curriculum, lagging weights, values of
// final observations.
TEST_P(EveryAlgorithmOnATape, RecordedUpdatesAreThoseOfTheProcessor) {
  TrainConfig config = test::small_config(GetParam());
  config.schedule_frames = config.frames;
  config.warm_up_frames = 2 * config.frames_per_update();
  config.truncation = Truncation::final;
  config.actor_lag = GetParam() == Algorithm::a2c ? 0 : 1;
  Trainer far(config, test::easy_levels(), far_), near(config, test::easy_levels(), near_);
  ASSERT_GT(config.curriculum, 0);
  for (int i = 0; i < 6; ++i) {
    const UpdateMetrics a = far.update(), b = near.update();
    EXPECT_EQ(a.update, b.update);
    EXPECT_EQ(a.learning_rate, b.learning_rate);
    EXPECT_EQ(a.policy_loss, b.policy_loss);
    EXPECT_EQ(a.gradient_norm, b.gradient_norm);
    EXPECT_EQ(a.episodes.steps, b.episodes.steps);
  }
  EXPECT_TRUE(state_of(far) == state_of(near));
  EXPECT_EQ(tape_->recordings, 1);
  EXPECT_EQ(tape_->launches, 5) << "the first update is not recorded";
}

// The random actions after it are those that would have come without it.
TEST(Recording, ThatFailsHalfWayCountsNoSteps) {
  const auto tape = std::make_shared<test::Tape>(1);
  VectorEnv env({.num_envs = 2}, test::easy_levels(), test::tape_device(tape));
  env.reset();
  std::vector<std::uint8_t> actions(2, 0);
  env.step(actions);
  const auto fails = [&] {
    env.device_step(actions.data());
    throw std::runtime_error("half way");
  };
  EXPECT_THROW(env.device_record("work", 1, fails), std::runtime_error);
  EXPECT_EQ(env.step_calls(), 1u);
  const auto recording = env.device_record("work", 1, [&] { env.device_step(actions.data()); });
  EXPECT_EQ(env.step_calls(), 1u);
  recording->launch();
  EXPECT_EQ(env.step_calls(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Ppo, OnATape, testing::Values(Algorithm::ppo), test::algorithm_name);

TEST_P(OnATape, FreshLevelsReachARecording) {
  TrainConfig config = test::small_config(GetParam());
  config.curriculum = 0;
  config.fresh_levels = 6;
  const auto levels = std::make_shared<const LevelBank>(load_levels({"generated:size=6x7,boxes=1,count=10,seed=5"}));
  Trainer far(config, levels, far_), near(config, levels, near_);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(far.update().levels_kept, 0);
    EXPECT_EQ(near.update().levels_kept, 0);
  }
  EXPECT_TRUE(state_of(far) == state_of(near));
  EXPECT_EQ(tape_->recordings, 1);
}

// Few of these rooms have a level: of ids 1 to 9 only 8 is found. What was is asked for once all updates are under way.
TEST_P(OnATape, FreshLevelsAreMadeWithoutAWait) {
  TrainConfig config = test::small_config(GetParam());
  config.curriculum = 0;
  config.fresh_levels = 1;
  config.frames = 10 * config.frames_per_update();
  const auto levels =
      std::make_shared<const LevelBank>(load_levels({"generated:size=6x6,boxes=1,moves=9-9,turns=2,walk=3,count=1,seed=3"}));
  Trainer far(config, levels, far_), near(config, levels, near_);
  std::vector<UpdateMetrics> metrics{far.update(), far.update()};  // the second makes levels, for which it takes memory
  const int waits = tape_->waits;
  const std::size_t blocks = tape_->blocks;
  for (const UpdateMetrics& m : far.update(8)) metrics.push_back(m);
  EXPECT_EQ(tape_->waits, waits + 2) << "for reports and for what was made";
  EXPECT_EQ(tape_->blocks, blocks);
  ASSERT_EQ(metrics.size(), 10u);
  for (const UpdateMetrics& m : metrics) {
    EXPECT_EQ(m.levels_kept, m.update == 1 || m.update == 9 ? 0 : 1) << m.update << "; nothing is made before the first";
    EXPECT_EQ(m.levels_kept, near.update().levels_kept) << m.update;
  }
  EXPECT_TRUE(state_of(far) == state_of(near));
}

// Files move between devices, there and back.
TEST_P(OnATape, ACheckpointGoesOnElsewhere) {
  const TrainConfig config = test::small_config(GetParam());
  Trainer straight(config, test::easy_levels(), near_);
  for (int i = 0; i < 6; ++i) straight.update();
  Trainer first(config, test::easy_levels(), near_), second(config, test::easy_levels(), far_);
  for (int i = 0; i < 2; ++i) first.update();
  const fs::path file = folder_.path() / "half";
  first.save(file);
  second.update();
  second.update();  // recorded
  second.restore(file);
  second.update();
  second.update();
  EXPECT_EQ(tape_->recordings, 1) << "a recording outlives a restart";
  second.save(file);
  first.restore(file);
  for (int i = 0; i < 2; ++i) first.update();
  EXPECT_TRUE(state_of(first) == state_of(straight));
}

TEST_P(OnATape, SeveralUpdatesAreWaitedForOnce) {
  const TrainConfig config = test::small_config(GetParam());
  Trainer far(config, test::easy_levels(), far_), near(config, test::easy_levels(), near_);
  EXPECT_EQ(near.most_at_once(), 1);
  EXPECT_EQ(far.most_at_once(), kKeptReports);
  const int waits = tape_->waits;
  const std::size_t blocks = tape_->blocks;
  std::vector<UpdateMetrics> metrics = far.update(4);
  EXPECT_EQ(tape_->waits, waits + 1);
  EXPECT_EQ(tape_->blocks, blocks) << "all memory is taken before the first update";
  ASSERT_EQ(metrics.size(), 4u);
  for (const UpdateMetrics& m : far.update(100)) metrics.push_back(m);
  ASSERT_EQ(metrics.size(), 6u) << "as many as are left";
  EXPECT_TRUE(far.finished());
  for (const UpdateMetrics& m : metrics) EXPECT_EQ(m.value_loss, near.update().value_loss) << m.update;
}

TEST_P(OnATape, MemoryIsTakenInTwoBlocksAndToldByParts) {
  Trainer far(test::small_config(GetParam()), test::easy_levels(), far_);
  EXPECT_EQ(tape_->blocks, 2u) << "the environments' and the learner's";
  const Trainer::MemoryUse use = far.memory_use();
  EXPECT_EQ(use.network, test::detail::kNetworkBytes);
  EXPECT_LE(use.total(), tape_->bytes);
  EXPECT_GT(use.total() + use.total() / 20, tape_->bytes) << "what is told is what is taken but for alignment";
}

TEST_P(OnATape, ActivationsAreComputedAgainWhereMemoryIsShort) {
  TrainConfig config = test::small_config(GetParam());
  const auto chosen = [&](std::size_t room) {
    tape_->room = room;
    return Trainer(config, test::easy_levels(), far_).kernels();
  };
  EXPECT_EQ(chosen(std::size_t{1} << 40), "float32 on a tape");
  EXPECT_EQ(chosen(test::detail::kNetworkBytes), "float32 on a tape, activations computed again");
  config.recompute = RecomputeChoice::never;
  EXPECT_EQ(chosen(test::detail::kNetworkBytes), "float32 on a tape");
  config.recompute = RecomputeChoice::always;
  EXPECT_EQ(chosen(std::size_t{1} << 40), "float32 on a tape, activations computed again");
}

// To fill the device to its last byte would leave nothing to the graph of an update, which is made after it.
TEST_P(OnATape, TheChoiceLeavesAReserve) {
  static_assert(reserve_of(0) == kLeastReserve && reserve_of(20 * kLeastReserve) == kLeastReserve);
  static_assert(reserve_of(80 * kLeastReserve) == 4 * kLeastReserve);
  const TrainConfig config = test::small_config(GetParam());
  const Iteration::MemoryUse use = Iteration(with_size(config), test::easy_levels(), far_).memory_use();
  const std::size_t needed = use.network + use.rollout + use.parameters;
  const auto recomputes = [&](std::size_t room) {
    tape_->room = room;
    return Iteration(with_size(config), test::easy_levels(), far_).mode().recompute;
  };
  constexpr std::size_t kAlignment = 1 << 16;  // of all arrays
  EXPECT_TRUE(recomputes(needed + kAlignment));
  EXPECT_TRUE(recomputes(needed + kLeastReserve - 1));
  EXPECT_FALSE(recomputes(needed + kLeastReserve + kAlignment));
}

TEST_P(OnATape, AgentsPlayAsOnTheProcessor) {
  const Trainer near(test::small_config(GetParam()), test::easy_levels(), near_);
  const EvaluationResult here = evaluate(near.weights(), test::easy_levels(), near_, 1, 9, 0),
                         there = evaluate(near.weights(), test::easy_levels(), far_, 1, 9, 0);
  EXPECT_EQ(here.solved, there.solved);
  EXPECT_EQ(here.mean_length, there.mean_length);
  const RecordedEpisode a = record_episode(near.weights(), test::easy_levels(), near_, 2, 1, 9),
                        b = record_episode(near.weights(), test::easy_levels(), far_, 2, 1, 9);
  EXPECT_EQ(a.actions, b.actions);
  EXPECT_EQ(a.boards, b.boards);
}

}  // namespace
}  // namespace boxwarp
