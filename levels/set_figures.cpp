#include "levels/set_figures.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace boxwarp {

namespace {

struct Name {
  const char *key, *what;
};

// In the order in which add() sums them up.
constexpr Name kNames[] = {{"floor", "cells that are no wall"},
                           {"open_blocks", "open squares of 2x2 cells"},
                           {"bounding_area", "cells of the smallest rectangle around the floor"},
                           {"islands", "groups of wall within the floor"},
                           {"reach", "share of cells without a box that the player reaches"},
                           {"first_pushes", "pushes that are possible at the start"},
                           {"matched_distance", "rows and columns between boxes and their targets"},
                           {"boxes_beside_a_box", "boxes beside a box"},
                           {"targets_beside_a_target", "targets beside a target"},
                           {"boxes_beside_a_wall", "boxes beside a wall"},
                           {"player_beside_a_box", "share of levels with the player beside a box"}};

constexpr Name kNeighbours[] = {{"neighbours_0", "share of floor cells without a floor cell beside"},
                                {"neighbours_1", "share of floor cells with 1 floor cell beside"},
                                {"neighbours_2", "share of floor cells with 2 floor cells beside"},
                                {"neighbours_3", "share of floor cells with 3 floor cells beside"},
                                {"neighbours_4", "share of floor cells with 4 floor cells beside"}};

std::int64_t count_of(const Histogram& histogram) {
  std::int64_t levels = 0;
  for (const auto& [value, count] : histogram) levels += count;
  return levels;
}

}  // namespace

Spread spread_of(const Histogram& histogram) {
  Spread spread;
  const std::int64_t levels = count_of(histogram);
  if (levels == 0) return spread;
  const auto count = static_cast<double>(levels);
  for (const auto& [value, times] : histogram) spread.mean += value * static_cast<double>(times) / count;
  for (const auto& [value, times] : histogram) {
    spread.sd += (value - spread.mean) * (value - spread.mean) * static_cast<double>(times) / count;
  }
  spread.sd = std::sqrt(spread.sd);
  std::int64_t below = 0;
  for (const auto& [value, times] : histogram) {
    if (2 * below < levels) spread.median = value;
    below += times;
  }
  spread.max = histogram.rbegin()->first;
  return spread;
}

double total_variation(const Histogram& a, const Histogram& b) {
  const auto share = [](const Histogram& histogram, int value, std::int64_t all) {
    const auto found = histogram.find(value);
    return found == histogram.end() ? 0.0 : static_cast<double>(found->second) / static_cast<double>(all);
  };
  std::set<int> values;
  for (const Histogram* histogram : {&a, &b})
    for (const auto& [value, times] : *histogram) values.insert(value);
  const std::int64_t all_a = std::max<std::int64_t>(1, count_of(a)), all_b = std::max<std::int64_t>(1, count_of(b));
  double difference = 0;
  for (const int value : values) difference += std::abs(share(a, value, all_a) - share(b, value, all_b));
  return difference / 2;
}

void SetFigures::add(const LevelFigures& figures) {
  const double values[] = {static_cast<double>(figures.floor),
                           static_cast<double>(figures.blocks),
                           static_cast<double>(figures.box_area),
                           static_cast<double>(figures.islands),
                           figures.reach,
                           static_cast<double>(figures.first_pushes),
                           static_cast<double>(figures.matched_distance),
                           static_cast<double>(figures.boxes_by_boxes),
                           static_cast<double>(figures.targets_by_targets),
                           static_cast<double>(figures.boxes_by_walls),
                           static_cast<double>(figures.player_by_box)};
  static_assert(std::size(values) == kFigures && std::size(kNames) == kFigures);
  for (std::size_t i = 0; i < kFigures; ++i) {
    sums_[i].sum += values[i];
    sums_[i].squares += values[i] * values[i];
  }
  for (std::size_t i = 0; i < neighbours_.size(); ++i) neighbours_[i] += figures.neighbours[i];
  ++floor_[figures.floor];
  ++first_pushes_[figures.first_pushes];
  ++reach_[std::min(90, static_cast<int>(10 * figures.reach) * 10)];
  ++levels_;
}

void SetFigures::add(const SolveResult& result) {
  ++outcomes_[static_cast<std::size_t>(result.outcome)];
  if (result.outcome == SolveOutcome::solved) ++pushes_[result.pushes];
}

std::vector<NamedFigure> SetFigures::named() const {
  std::vector<NamedFigure> figures;
  const auto count = static_cast<double>(std::max<std::int64_t>(1, levels_));
  for (std::size_t i = 0; i < kFigures; ++i) {
    const double mean = sums_[i].sum / count, variance = sums_[i].squares / count - mean * mean;
    figures.push_back({kNames[i].key, kNames[i].what, mean, std::sqrt(std::max(0.0, variance))});
  }
  for (std::size_t i = 0; i < neighbours_.size(); ++i) {
    const double share = static_cast<double>(neighbours_[i]) / std::max(1.0, sums_[0].sum);
    figures.push_back({kNeighbours[i].key, kNeighbours[i].what, share, std::nullopt});
  }
  return figures;
}

}  // namespace boxwarp
