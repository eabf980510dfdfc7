// The three ways of going on after an episode, several steps in one call, and the pictures that no other test draws.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>

#include "levels/error.hpp"
#include "tests/host/engine/plays.hpp"

namespace boxwarp::test {
namespace {

TEST(AutoResetModes, NextStepIgnoresEvenABadActionWhereAnEpisodeIsOverAndNowhereElse) {
  const auto bank = bank_from({{"#####", "#@$.#", "#####"}});
  VectorEnv env({.num_envs = 2, .auto_reset = AutoReset::next_step, .min_steps = 9, .max_steps = 9}, bank,
                open_device("cpu", 1));
  env.reset();
  env.step(std::vector<std::int32_t>{3, 2});
  ASSERT_EQ(env.terminated()[0], 1);
  EXPECT_EQ(env.level_ids()[0], -1);
  EXPECT_THROW(env.step(std::vector<std::int32_t>{3, -1}), BadInput);
  EXPECT_EQ(env.terminated()[0], 1) << "nobody was stepped";
  env.step(std::vector<std::int32_t>{-7, 2});
  EXPECT_EQ(env.terminated()[0], 0);
  EXPECT_EQ(env.rewards()[0], 0);
  EXPECT_EQ(env.level_ids()[0], 0);
  EXPECT_THROW(env.step(std::vector<std::int32_t>{-7, 2}), BadInput);
}

// More boards than are moved together, on several threads, and a number that fills no vector.
TEST(AutoResetModes, ManyBoardsPlayAsTheOracle) {
  for (const AutoReset mode : {AutoReset::same_step, AutoReset::next_step, AutoReset::disabled})
    for (const bool ends : {false, true}) {
      SCOPED_TRACE(testing::Message() << "mode " << static_cast<int>(mode) << ", ends on dead boards " << ends);
      Twin twin(small_levels(), false,
                {.num_envs = 1037,
                 .observation = Observation::cells,
                 .auto_reset = mode,
                 .min_steps = 2,
                 .max_steps = 14,
                 .no_op = ends,
                 .end_on_deadlock = ends,
                 .seed = 5},
                2);
      ASSERT_NO_FATAL_FAILURE(play(twin, 30, true));
      EXPECT_GE(twin.ended(), 1037);
    }
}

TEST(AutoResetModes, SavedInTheMiddleTheyGoOnAlike) {
  for (const AutoReset mode : {AutoReset::same_step, AutoReset::next_step, AutoReset::disabled}) {
    const auto bank = bank_from(small_levels());
    const VectorEnvConfig config{.num_envs = 33, .auto_reset = mode, .min_steps = 3, .max_steps = 9, .seed = 4};
    VectorEnv first(config, bank, open_device("cpu", 1)), second(config, bank, open_device("cpu", 2));
    std::vector<std::uint8_t> actions(33);
    const auto play = [&actions](VectorEnv& env, int steps) {
      for (int i = 0; i < steps; ++i) {
        env.random_actions(actions);
        env.step(actions);
      }
    };
    first.reset();
    play(first, 7);
    second.restore(first.save());
    play(first, 9);
    play(second, 9);
    EXPECT_EQ(first.save(), second.save());
  }
}

struct Totals {
  explicit Totals(std::size_t count) : reward(count), episodes(count), solved(count) {}
  PlayTotals view() { return {.reward = reward.data(), .episodes = episodes.data(), .solved = solved.data()}; }
  std::vector<float> reward;
  std::vector<std::int32_t> episodes, solved;
};

// Several steps in one call leave what as many calls leave, whether actions are given or random.
TEST(StepMany, EqualsAsManySteps) {
  constexpr int kSteps = 57;
  std::int32_t episodes = 0, solved = 0;
  for (const bool large : {false, true})
    for (const bool given : {false, true})
      for (const std::size_t count : {1u, 33u, 600u}) {
        const auto bank = bank_from(small_levels(), large);
        const VectorEnvConfig config{.num_envs = static_cast<std::int64_t>(count),
                                     .observation = Observation::none,
                                     .min_steps = 5,
                                     .max_steps = 30,
                                     .symmetry = count == 33,
                                     .seed = 12};
        VectorEnv once(config, bank, open_device("cpu", 2)), often(config, bank, open_device("cpu", 1));
        once.reset();
        often.reset();
        oracle::Numbers numbers(3);
        std::vector<std::uint8_t> actions(given ? kSteps * count : 0);
        for (std::uint8_t& action : actions) action = static_cast<std::uint8_t>(numbers.below(4));
        Totals totals(count), expected(count);
        once.step_many(actions, kSteps, totals.view());
        std::vector<std::uint8_t> row(count);
        for (std::size_t t = 0; t < kSteps; ++t) {
          if (given)
            std::copy_n(actions.begin() + static_cast<std::ptrdiff_t>(t * count), count, row.begin());
          else
            often.random_actions(row);
          often.step(row);
          for (std::size_t e = 0; e < count; ++e) {
            expected.reward[e] += often.rewards()[e];
            expected.episodes[e] += often.terminated()[e] | often.truncated()[e];
            expected.solved[e] += often.terminated()[e];
          }
        }
        for (std::size_t e = 0; e < count; ++e) {
          ASSERT_EQ(totals.reward[e], expected.reward[e]) << e;
          ASSERT_EQ(totals.episodes[e], expected.episodes[e]) << e;
          ASSERT_EQ(totals.solved[e], expected.solved[e]) << e;
          ASSERT_EQ(once.state().boxes[e], often.state().boxes[e]) << e;
          ASSERT_EQ(once.state().player[e], often.state().player[e]) << e;
          ASSERT_EQ(once.state().steps[e], often.state().steps[e]) << e;
          ASSERT_EQ(once.level_ids()[e], often.level_ids()[e]) << e;
          episodes += totals.episodes[e];
          solved += totals.solved[e];
        }
        EXPECT_EQ(once.step_calls(), often.step_calls());
      }
  EXPECT_GT(episodes, 1000);
  EXPECT_GT(solved, 100);
}

TEST(StepMany, RefusesWhatItCannotPlay) {
  const auto bank = bank_from({{"#####", "#@$.#", "#####"}});
  VectorEnv env({.num_envs = 2}, bank, open_device("cpu", 1));
  Totals totals(2);
  EXPECT_THROW(env.step_many({}, 3, totals.view()), BadInput) << "before the first reset";
  env.reset();
  EXPECT_THROW(env.step_many({}, 0, totals.view()), BadInput);
  EXPECT_THROW(env.step_many(std::vector<std::uint8_t>{0, 1, 2}, 2, totals.view()), BadInput);
  EXPECT_THROW(env.step_many(std::vector<std::uint8_t>{0, 1, 2, 4}, 2, totals.view()), BadInput);
  VectorEnv other({.num_envs = 2, .auto_reset = AutoReset::disabled}, bank, open_device("cpu", 1));
  other.reset();
  EXPECT_THROW(other.step_many({}, 3, totals.view()), BadInput);
}

// Pixels show one drawing for each cell code, all different, and tiles of 16 are those of 8 with every dot doubled.
TEST(Pictures, PixelsShowEveryCellByItsTile) {
  const Texts texts = {{"#######", "# .$*+#", "#######"}, {"#######", "#@.$* #", "#######"}};
  const auto bank = bank_from(texts);
  VectorEnv env({.num_envs = 2, .level_order = LevelOrder::sequential}, bank, open_device("cpu", 1));
  env.reset();
  const std::size_t height = 3, width = 7;
  using Tile = std::vector<std::uint8_t>;
  std::array<std::map<char, std::set<Tile>>, 2> tiles;
  for (const std::size_t size : {8u, 16u}) {
    std::vector<std::uint8_t> pixels(2 * height * width * 3 * size * size);
    env.render({.kind = Observation::pixels, .tile = static_cast<int>(size)}, pixels);
    for (std::size_t e = 0; e < 2; ++e)
      for (std::size_t row = 0; row < height; ++row)
        for (std::size_t column = 0; column < width; ++column) {
          Tile tile;
          for (std::size_t y = 0; y < 8; ++y)
            for (std::size_t x = 0; x < 8; ++x)
              for (std::size_t channel = 0; channel < 3; ++channel) {
                const auto at = [&](std::size_t pixel_y, std::size_t pixel_x) {
                  return pixels[((e * height * size + row * size + pixel_y) * width * size + column * size + pixel_x) * 3 +
                                channel];
                };
                const std::size_t zoom = size / 8;
                for (std::size_t dot = 0; dot < zoom * zoom; ++dot)
                  ASSERT_EQ(at(y * zoom + dot / zoom, x * zoom + dot % zoom), at(y * zoom, x * zoom));
                tile.push_back(at(y * zoom, x * zoom));
              }
          tiles[size == 16][texts[e][row][column]].insert(tile);
        }
  }
  EXPECT_EQ(tiles[0], tiles[1]);
  ASSERT_EQ(tiles[0].size(), 7u);
  std::set<Tile> all;
  for (const auto& [cell, drawings] : tiles[0]) {
    EXPECT_EQ(drawings.size(), 1u) << "one drawing for " << cell;
    all.insert(drawings.begin(), drawings.end());
  }
  EXPECT_EQ(all.size(), 7u) << "two cells look alike";
  EXPECT_THROW(env.render({.kind = Observation::pixels, .tile = 9}, {}), BadInput);
}

}  // namespace
}  // namespace boxwarp::test
