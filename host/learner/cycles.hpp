// Cycles in an episode: how an agent walks in circles before it goes on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace boxwarp {

// The observation before step `start` came again `length` steps later.
struct Cycle {
  int start, length;
};
constexpr bool operator==(Cycle a, Cycle b) { return a.start == b.start && a.length == b.length; }

// The cycles of an episode: from the first step on, one that is seen again begins a cycle up to the last time that it is
// seen, and the search goes on behind that. observations: one number for what was seen before each step, equal exactly if
// the observations are, and none after the step that brought the last box onto a target: what an agent does when nothing is
// left to gain is no cycle.
std::vector<Cycle> cycles_in(std::span<const std::uint64_t> observations);

}  // namespace boxwarp
