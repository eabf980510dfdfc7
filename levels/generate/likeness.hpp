// How levels are drawn so that they look like a published set: how many pushes they need, and how much likelier than by
// chance a room or a start is taken.
#pragma once

#include "levels/generate/start_source.hpp"
#include "levels/solve/plane.hpp"

namespace boxwarp::search {

inline constexpr int kLikeWalk = 38;        // steps of the walk, whose rooms are close to the published ones already
inline constexpr int kMostLikePushes = 40;  // what needs more is too rare to wait for

// Levels of the set that need so many pushes; those that need more than the most count as needing the most. 0 below four:
// no box starts on a target.
const int* push_histogram(Like like);  // (kMostLikePushes + 1)

// The chance that a room is kept, and the weight of a start among those of a room with the same pushes: exponentials of
// figures of the board, their factors fitted so that the means of kept levels are those of the set.
double room_chance(const Frame<1>& frame, const Plane<1>& open);
double start_weight(const Frame<1>& frame, const Plane<1>& open, const Plane<1>& boxes, const Plane<1>& reached);

}  // namespace boxwarp::search
