// Cycles against their definition, written out slowly, and in episodes of an agent.
#include "host/learner/cycles.hpp"

#include <gtest/gtest.h>

#include <random>

#include "host/learner/evaluation.hpp"
#include "levels/level_set.hpp"

namespace boxwarp {
namespace {

using Seen = std::vector<std::uint64_t>;
using Cycles = std::vector<Cycle>;

// spec: scanning upward, if the observation at i recurs, emit (i, length to the last recurrence) and jump past it.
Cycles slow_cycles(const Seen& seen) {
  Cycles cycles;
  for (std::size_t i = 0; i < seen.size();) {
    std::size_t last = i;
    for (std::size_t j = i + 1; j < seen.size(); ++j) {
      if (seen[j] == seen[i]) last = j;
    }
    if (last > i) cycles.push_back({static_cast<int>(i), static_cast<int>(last - i)});
    i = last + 1;
  }
  return cycles;
}

TEST(Cycles, GoToTheLastRecurrenceAndTheSearchGoesOnBehindIt) {
  EXPECT_EQ(cycles_in(Seen{}), Cycles{});
  EXPECT_EQ(cycles_in(Seen{1, 2, 3, 4}), Cycles{});
  EXPECT_EQ(cycles_in(Seen{1, 1, 2}), (Cycles{{0, 1}})) << "a blocked move is a cycle of one step";
  EXPECT_EQ(cycles_in(Seen{1, 2, 1, 2, 1, 3}), (Cycles{{0, 4}}));
  EXPECT_EQ(cycles_in(Seen{1, 2, 3, 2, 1, 4, 5, 4}), (Cycles{{0, 4}, {5, 2}}));
  EXPECT_EQ(cycles_in(Seen{1, 2, 3, 2, 3}), (Cycles{{1, 2}})) << "the second 3 lies behind it";
}

TEST(Cycles, EqualTheDefinition) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    Seen seen(random() % 40);
    for (std::uint64_t& observation : seen) observation = random() % 12;
    EXPECT_EQ(cycles_in(seen), slow_cycles(seen));
  }
}

// The boards of an agent that thinks for long, which leads it in circles: what comes after the last box onto a target does
// not count.
TEST(Cycles, OfAnEvaluationAreThoseOfItsEpisodes) {
  const std::string source = BOXWARP_SOURCE_DIR;
  const Weights weights = load_weights(source + "/tools/models/quick/model.safetensors");
  const auto levels = std::make_shared<const LevelBank>(load_levels({source + "/levels/data/quick_test.txt"}));
  const Device device = open_device("cpu", 1);
  constexpr int kThinking = 8, kCap = 40, kLevels = 30;
  const EvaluationResult result = evaluate(weights, levels, device, kThinking, kCap, kLevels);
  ASSERT_EQ(result.of_levels.size(), std::size_t{kLevels});
  std::size_t cycles = 0, without_gain = 0;
  for (std::int64_t level = 0; level < kLevels; ++level) {
    const LevelResult& actual = result.of_levels[static_cast<std::size_t>(level)];
    const RecordedEpisode episode = record_episode(weights, levels, device, level, kThinking, kCap);
    Seen seen;
    std::size_t last_gain = 0;
    double total = 0;
    for (std::size_t step = 0; step < episode.actions.size(); ++step) {
      std::size_t same = 0;
      while (episode.boards[same] != episode.boards[step]) ++same;
      seen.push_back(same);
      if (episode.rewards[step] > 0) last_gain = step + 1;
      total += episode.rewards[step];
    }
    seen.resize(last_gain);
    EXPECT_EQ(actual.cycles, slow_cycles(seen));
    EXPECT_EQ(actual.solved, episode.solved);
    EXPECT_EQ(actual.length, static_cast<int>(episode.actions.size()));
    EXPECT_NEAR(actual.episode_return, total, 1e-4);
    cycles += actual.cycles.size();
    without_gain += last_gain == 0;
  }
  EXPECT_GT(cycles, 0u);
  EXPECT_GT(without_gain, 0u);
}

}  // namespace
}  // namespace boxwarp
