// Sets without the same level twice, and parts of a set that have no level in common.
#pragma once

#include <cstdint>
#include <vector>

#include "levels/level_set.hpp"

namespace boxwarp {

enum class Sameness : std::uint8_t { exact, symmetric };  // the same board; the same turned or reflected

// Numbers levels of the sets by what is the same: (levels) classes for each set, from 0 in the order in which they come.
std::vector<std::vector<std::int64_t>> classes_of(const std::vector<const LevelSet*>& sets, Sameness sameness);

struct Pair {
  std::int64_t a, b;  // level of each set, from 0
};

// Levels of b that are in a, each with the first of a that is the same.
std::vector<Pair> overlap(const LevelSet& a, const LevelSet& b, Sameness sameness);

// The first of each class, in order.
std::vector<std::int64_t> without_repeats(const LevelSet& set, Sameness sameness);

struct Split {
  std::vector<std::int64_t> train, valid, test;  // levels, in order
};

// Classes are drawn at random until the shares of levels are reached, so a level and its turned copies stay in one part.
Split split(const LevelSet& set, double valid, double test, std::uint64_t seed);

}  // namespace boxwarp
