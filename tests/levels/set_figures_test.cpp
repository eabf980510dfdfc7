// Figures of levels counted by hand, and the acceptance of generated levels by those of the published sets.
#include "levels/set_figures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "levels/generate/starts.hpp"
#include "tests/host/small_levels.hpp"

namespace boxwarp {
namespace {

TEST(LevelFigures, ARoomIsCountedByHand) {
  const LevelFigures figures = figures_of(test::level_from({"#######",  //
                                                            "#@ $  #",  //
                                                            "# #$# #",  //
                                                            "#   . #",  //
                                                            "####..#",  //
                                                            "#######"}));
  EXPECT_EQ(figures.floor, 15);
  EXPECT_EQ(figures.neighbours, (std::array<int, 5>{0, 0, 11, 4, 0}));
  EXPECT_EQ(figures.blocks, 1);
  EXPECT_EQ(figures.box_area, 20);
  EXPECT_EQ(figures.islands, 2);
  EXPECT_DOUBLE_EQ(figures.reach, 1.0) << "around the boxes";
  EXPECT_EQ(figures.first_pushes, 2) << "the upper box left or right";
  EXPECT_EQ(figures.matched_distance, 6) << "one box to the nearest target, the other to the next";
  EXPECT_EQ(figures.boxes_by_boxes, 2);
  EXPECT_EQ(figures.targets_by_targets, 3);
  EXPECT_EQ(figures.boxes_by_walls, 2);
  EXPECT_FALSE(figures.player_by_box);
}

TEST(SetFigures, SpreadsAndDistancesAreThoseOfTheCounts) {
  const Histogram a{{1, 2}, {3, 1}, {5, 1}}, b{{1, 1}, {4, 1}};
  EXPECT_DOUBLE_EQ(spread_of(a).mean, 2.5);
  EXPECT_DOUBLE_EQ(spread_of(a).sd, std::sqrt((2 * 2.25 + 0.25 + 6.25) / 4));
  EXPECT_EQ(spread_of(a).median, 1);
  EXPECT_EQ(spread_of(a).max, 5);
  EXPECT_DOUBLE_EQ(total_variation(a, b), 0.5);
  EXPECT_DOUBLE_EQ(total_variation(a, a), 0.0);
  EXPECT_EQ(spread_of({}).mean, 0.0);
}

SetFigures drawn(Like like, std::uint64_t levels, std::uint64_t seed) {
  StartOptions options;
  options.like = like;
  StartGenerator generator(completed(options));
  Solver solver;
  SetFigures figures;
  for (std::uint64_t id = 0; id < levels; ++id) {
    const LevelRows level = generator.level(seed, id).level;
    figures.add(figures_of(level));
    figures.add(solver.solve(level));
  }
  return figures;
}

double figure(const SetFigures& figures, const std::string& key) {
  for (const NamedFigure& named : figures.named())
    if (named.key == key) return named.mean;
  ADD_FAILURE() << key;
  return 0;
}

// Shares of Boxoban's unfiltered levels that need 4 to 25 pushes, in 1/10000.
constexpr int kPublished[] = {48,  159, 341, 570, 784, 952, 1032, 1027, 958, 850, 723,
                              594, 476, 375, 287, 216, 163, 120,  91,   66,  49,  34};

// Means and tolerances of the published table, for 10,000 levels.
TEST(SetFigures, TenThousandLevelsLikeBoxobanMeetTheAcceptanceTable) {
  const SetFigures figures = drawn(Like::boxoban, 10'000, 77);
  EXPECT_EQ(figures.outcomes(SolveOutcome::solved), 10'000);
  const auto near = [&](const char* key, double value, double tolerance) {
    EXPECT_NEAR(figure(figures, key), value, tolerance) << key;
  };
  near("floor", 31.73, 0.3);
  EXPECT_NEAR(spread_of(figures.floor()).sd, 6.47, 0.3);
  near("neighbours_1", 0.053, 0.01);
  near("neighbours_2", 0.247, 0.01);
  near("neighbours_3", 0.462, 0.01);
  near("neighbours_4", 0.239, 0.01);
  near("open_blocks", 14.8, 0.3);
  near("reach", 0.648, 0.02);
  near("player_beside_a_box", 0.564, 0.02);
  near("first_pushes", 7.04, 0.15);
  EXPECT_NEAR(spread_of(figures.pushes()).mean, 12.21, 0.15);
  // The published table ends at 25 pushes; what needs more counts as one value.
  constexpr int kMore = 26;
  Histogram published{{kMore, 10'000}}, found;
  for (std::size_t i = 0; i < std::size(kPublished); ++i) {
    published[4 + static_cast<int>(i)] = kPublished[i];
    published[kMore] -= kPublished[i];
  }
  for (const auto& [pushes, levels] : figures.pushes()) found[std::min(pushes, kMore)] += levels;
  EXPECT_LT(total_variation(published, found), 0.03);
}

TEST(SetFigures, LevelsLikeMediumAndHardNeedAsManyPushes) {
  const SetFigures medium = drawn(Like::medium, 1'000, 78), hard = drawn(Like::hard, 500, 79);
  // Three standard errors more than for ten thousand levels.
  const auto near = [](const SetFigures& figures, double mean, double sd, double tolerance) {
    EXPECT_NEAR(spread_of(figures.pushes()).mean, mean, tolerance);
    EXPECT_NEAR(spread_of(figures.pushes()).sd, sd, tolerance);
  };
  near(medium, 16.21, 5.36, 0.3 + 3 * 5.36 / std::sqrt(1'000.0));
  near(hard, 17.83, 5.74, 0.3 + 3 * 5.74 / std::sqrt(500.0));
}

}  // namespace
}  // namespace boxwarp
