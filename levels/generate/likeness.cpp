#include "levels/generate/likeness.hpp"

#include <cmath>

namespace boxwarp::search {

namespace {

using Histogram = int[kMostLikePushes + 1];

// Counted over all levels of each set, unfiltered for Boxoban.
constexpr Histogram kBoxoban = {0,      0,     0,     0,     4802,  15905, 34154, 57046, 78543, 95373, 103458,
                                102708, 95710, 85187, 72433, 59327, 47660, 37548, 28682, 21646, 16402, 11996,
                                9070,   6559,  4855,  3394,  2367,  1725,  1254,  930,   648,   464,   292,
                                245,    177,   132,   81,    67,    46,    32,    82};
constexpr Histogram kMedium = {0,     0,     0,     0,     325,   1358,  3270,  6450,  11181, 16812, 23285,
                               29755, 35188, 39267, 40499, 40244, 38635, 35635, 31892, 27450, 23348, 19354,
                               16066, 13170, 10545, 8249,  6499,  5107,  3827,  2964,  2354,  1738,  1381,
                               1008,  768,   585,   411,   342,   253,   205,   580};
constexpr Histogram kHard = {0,   0,   0,   0,   2,   4,   5,   19,  43,  70,  92,  138, 189, 207,
                             238, 254, 232, 247, 264, 197, 208, 172, 134, 114, 103, 81,  63,  60,
                             32,  38,  33,  28,  15,  16,  1,   3,   5,   2,   8,   5,   10};

// Means over the unfiltered set: floor, floor squared, cells with two and with four neighbours, open blocks of 2x2.
constexpr double kFloor = 31.73, kSquare = 1048.5, kTwo = 7.825, kFour = 7.583, kBlocks = 14.83;
constexpr double kLargestLikelihood = 2.7;  // of rooms, seldom passed

// Means over its starts: share that the player reaches, pushes at the start, share of the player's cells beside a box, boxes
// beside a wall, boxes beside a box.
constexpr double kReach = 0.65, kPushes = 7.06, kNear = 0.563, kByWalls = 1.735, kByBoxes = 1.494;

struct Beside {
  Plane<1> up, down, left, right;
};

Beside beside(const Frame<1>& frame, const Plane<1>& cells) {
  return {frame.shifted<Action::up>(cells), frame.shifted<Action::down>(cells), frame.shifted<Action::left>(cells),
          frame.shifted<Action::right>(cells)};
}

Plane<1> any(const Beside& sides) { return sides.up | sides.down | sides.left | sides.right; }

}  // namespace

const int* push_histogram(Like like) {
  switch (like) {
    case Like::boxoban: return kBoxoban;
    case Like::medium: return kMedium;
    case Like::hard: return kHard;
  }
  return kBoxoban;
}

double room_chance(const Frame<1>& frame, const Plane<1>& open) {
  const Beside sides = beside(frame, open);
  const Plane<1> odd_upright = sides.up ^ sides.down, odd_sideways = sides.left ^ sides.right;
  const Plane<1> both_upright = sides.up & sides.down, both_sideways = sides.left & sides.right;
  const Plane<1> two = (both_upright ^ both_sideways) & ~odd_upright & ~odd_sideways;  // in line
  const Plane<1> corner = odd_upright & odd_sideways;
  const Plane<1> pairs = open & sides.left;
  const double floor = open.count();
  const double likelihood = std::exp(0.06092 * (floor - kFloor) - 0.01388 / 32 * (floor * floor - kSquare) +
                                     0.04306 * ((open & (two | corner)).count() - kTwo) +
                                     0.03448 * ((open & both_upright & both_sideways).count() - kFour) -
                                     0.07965 * ((pairs & frame.shifted<Action::up>(pairs)).count() - kBlocks));
  return likelihood / kLargestLikelihood;
}

double start_weight(const Frame<1>& frame, const Plane<1>& open, const Plane<1>& boxes, const Plane<1>& reached) {
  const Plane<1> free = open & ~boxes;
  const Beside from = beside(frame, reached), to = beside(frame, free);
  const int pushes = (boxes & from.up & to.down).count() + (boxes & from.down & to.up).count() +
                     (boxes & from.left & to.right).count() + (boxes & from.right & to.left).count();
  const Beside floor = beside(frame, open);
  const double cells = reached.count(), near = (frame.grown(boxes) & reached).count();
  const int by_walls = (boxes & ~(floor.up & floor.down & floor.left & floor.right)).count();
  const int by_boxes = (boxes & any(beside(frame, boxes))).count();
  return std::exp(1.1 * (cells / free.count() - kReach) + 0.277 * (pushes - kPushes) + 4.0 * (near / cells - kNear) -
                  0.736 * (by_walls - kByWalls) + 0.21 * (by_boxes - kByBoxes));
}

}  // namespace boxwarp::search
