// Recorded episodes shown as they went: in the terminal and as an animation.
#pragma once

#include <cstddef>
#include <vector>

#include "tools/episode_view.hpp"

namespace boxwarp {

// Every moment of the episode on standard output: over one another in colours where it is a terminal with room for them,
// else below one another.
void show(const Episode& episode, double fps);

// A GIF of all episodes one after the other; boards smaller than the largest lie in the middle.
std::vector<std::byte> animation(const std::vector<Episode>& episodes, const Tiles& tiles, double fps);

}  // namespace boxwarp
