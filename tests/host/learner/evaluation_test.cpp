// Evaluation against playing the same levels one by one, and thinking against doing it by hand.
#include "host/learner/evaluation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "host/learner/initial_weights.hpp"
#include "levels/error.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
namespace {

Weights random_weights(std::uint64_t seed) {
  const NetShape shape{.layers = 2,
                       .ticks = 2,
                       .channels = 16,
                       .height = 5,
                       .width = 6,
                       .hidden = 32,
                       .encoder_kernel = 3,
                       .input = NetInput::planes};
  return {shape, initial_weights(shape, 1.0f, seed)};
}

// Many levels: each of the easy ones with the player in every free place, so that batches are full and not.
std::shared_ptr<const LevelBank> many_levels(std::int64_t count) {
  const auto easy = test::easy_levels();
  LevelSet set;
  const std::int32_t file = set.add_file("levels of a test");
  for (std::int64_t i = 0; i < count; ++i) set.add(easy->levels().level(i % easy->levels().size()), {file, i});
  return std::make_shared<const LevelBank>(std::move(set));
}

TEST(Evaluation, EqualsPlayingEachLevelAlone) {
  const auto levels = many_levels(300);  // one full batch and a part of one
  const Device device = open_device("cpu", 2);
  for (const int thinking : {0, 3}) {
    const Weights weights = random_weights(5);
    const EvaluationResult result = evaluate(weights, levels, device, thinking, 8, 0);
    double solved = 0, total_return = 0, length = 0;
    for (std::int64_t level = 0; level < 4; ++level) {
      const RecordedEpisode episode = record_episode(weights, levels, device, level, thinking, 8);
      EXPECT_EQ(episode.boards.size(), episode.actions.size() + 1);
      solved += episode.solved;
      length += static_cast<double>(episode.actions.size());
      total_return += std::accumulate(episode.rewards.begin(), episode.rewards.end(), 0.0);
    }
    EXPECT_EQ(result.levels, 300);
    EXPECT_EQ(result.thinking, thinking);
    EXPECT_DOUBLE_EQ(result.solved, solved / 4);
    EXPECT_DOUBLE_EQ(result.mean_length, length / 4);
    EXPECT_NEAR(result.mean_return, total_return / 4, 1e-5);  // rewards are float32 there
    EXPECT_DOUBLE_EQ(result.standard_error, std::sqrt(result.solved * (1 - result.solved) / 300));
  }
}

TEST(Evaluation, ALimitPlaysTheFirstLevelsOnly) {
  const auto levels = many_levels(10);
  EXPECT_EQ(evaluate(random_weights(1), levels, open_device("cpu", 1), 0, 3, 7).levels, 7);
}

TEST(Evaluation, NumberOfThreadsDoesNotShow) {
  const auto levels = many_levels(40);
  const EvaluationResult one = evaluate(random_weights(2), levels, open_device("cpu", 1), 1, 9, 0);
  for (const int threads : {2, 3, 8}) {
    const EvaluationResult more = evaluate(random_weights(2), levels, open_device("cpu", threads), 1, 9, 0);
    EXPECT_EQ(one.solved, more.solved);
    EXPECT_EQ(one.mean_length, more.mean_length);
  }
}

// Thinking passes run from the zero state on the first observation, before the first action.
TEST(Evaluation, ThinkingIsPassesOnTheFirstObservation) {
  const auto levels = test::easy_levels();
  const Device device = open_device("cpu", 1);
  const Weights weights = random_weights(9);
  const RecordedEpisode episode = record_episode(weights, levels, device, 2, 4, 5);
  Policy policy(weights, 1, device);
  for (int pass = 0; pass < 4; ++pass) policy.forward(episode.boards[0]);
  for (std::size_t t = 0; t < episode.actions.size(); ++t) {
    policy.forward(episode.boards[t]);
    EXPECT_EQ(policy.greedy(0), episode.actions[t]) << t;
  }
}

TEST(Evaluation, LevelsThatDoNotFitTheNetworkAreRefused) {
  const auto wide = test::bank_from({{"#######", "#@$ . #", "#     #", "#     #", "#######"}});
  EXPECT_THROW(evaluate(random_weights(1), wide, open_device("cpu", 1), 0, 9, 0), BadInput);
  EXPECT_THROW(evaluate(random_weights(1), many_levels(2), open_device("cpu", 1), -1, 9, 0), BadInput);
  EXPECT_THROW(evaluate(random_weights(1), many_levels(2), open_device("cpu", 1), 0, 0, 0), BadInput);
}

TEST(Policy, RefusesCellsThatAreNoCodes) {
  Policy policy(random_weights(1), 1, open_device("cpu", 1));
  std::vector<std::uint8_t> cells(30, 1);
  EXPECT_NO_THROW(policy.forward(cells));
  cells[7] = 7;
  EXPECT_THROW(policy.forward(cells), BadInput);
  EXPECT_THROW(policy.forward(std::vector<std::uint8_t>(29)), BadInput);
}

// The boards that stay carry their own state, whatever board they were before.
TEST(Policy, KeptBoardsPlayOnAsIfAlone) {
  const Device device = open_device("cpu", 2);
  const Weights weights = random_weights(3);
  const std::size_t cells = 30;
  std::vector<std::uint8_t> first(3 * cells), second(2 * cells);
  for (std::size_t i = 0; i < first.size(); ++i) first[i] = static_cast<std::uint8_t>(i * 5 % 7);
  for (std::size_t i = 0; i < second.size(); ++i) second[i] = static_cast<std::uint8_t>(i * 3 % 7);
  Policy policy(weights, 3, device);
  policy.forward(first);
  policy.keep(std::vector<std::size_t>{0, 2});
  policy.forward(second);
  ASSERT_EQ(policy.boards(), 2);
  for (std::size_t slot = 0; slot < 2; ++slot) {
    Policy alone(weights, 1, device);
    alone.forward(std::span(first).subspan(2 * slot * cells, cells));
    alone.forward(std::span(second).subspan(slot * cells, cells));
    for (std::size_t a = 0; a < alone.logits().size(); ++a)
      EXPECT_NEAR(policy.logits()[slot * alone.logits().size() + a], alone.logits()[a], 1e-6) << slot << ' ' << a;
    EXPECT_NEAR(policy.values()[slot], alone.values()[0], 1e-6) << slot;
  }
  EXPECT_THROW(policy.keep(std::vector<std::size_t>{1, 0}), BadInput);
  EXPECT_THROW(policy.keep(std::vector<std::size_t>{2}), BadInput);
  EXPECT_THROW(policy.start(4), BadInput);
}

}  // namespace
}  // namespace boxwarp
