// What a level says before the first move, as a search needs it: its area, how far each cell is from each target, and where
// no box may ever stand.
#pragma once

#include <vector>

#include "levels/level.hpp"
#include "levels/solve/plane.hpp"

namespace boxwarp::search {

inline constexpr int kUnreachable = 100'000'000;  // more pushes than any assignment of boxes can cost

// The cells that the player could reach if there were no boxes.
struct Area {
  int top = 0, left = 0, rows = 0, width = 0;  // of the rectangle around them
  std::vector<Row> cells;                      // (height of the level) words
  bool lost_box = false;                       // a box lies outside of it and on no target: there is no solution
};

Area area_of(const LevelRows& level);

// Words of a plane that covers the area: 1 if it fits the small tier's word.
int words_for(const Area& area);

template <int kWords>
struct Ground {
  Frame<kWords> frame;
  int top = 0, left = 0;
  Plane<kWords> open, targets, dead;  // dead: open cells from which no target can be reached
  Plane<kWords> edge_sideways;        // open cells with a wall on the left or right, or dead cells on both sides
  Plane<kWords> edge_upright;         // the same above and below
  int target_count = 0, columns = 0;  // columns: of the table, at least 4
  std::vector<int> distance;          // (cells, columns) pushes from a cell to a target, the other boxes aside

  const int* distances(int cell) const {
    return distance.data() + static_cast<std::size_t>(cell) * static_cast<std::size_t>(columns);
  }
  int cell_at(Position at) const { return (at.row - top) * frame.stride() + at.column - left; }
};

// Fills `ground`, whose memory is used again.
template <int kWords>
void survey(const LevelRows& level, const Area& area, Ground<kWords>& ground);

// The cells of the area in a plane of the level's rows.
template <int kWords>
Plane<kWords> plane_of(const std::vector<Row>& rows, const Area& area, const Frame<kWords>& frame);

// Is there a box that can never leave a cell which is no target? True is certain; false says nothing.
template <int kWords>
bool frozen(const Ground<kWords>& ground, const Plane<kWords>& boxes) {
  const Frame<kWords>& frame = ground.frame;
  Plane<kWords> stuck = boxes;
  // Boxes are taken to be stuck until they are seen to have a line to move on; those that remain hold each other.
  for (;;) {
    const Plane<kWords> sideways =
        ground.edge_sideways | frame.template shifted<Action::left>(stuck) | frame.template shifted<Action::right>(stuck);
    const Plane<kWords> upright =
        ground.edge_upright | frame.template shifted<Action::up>(stuck) | frame.template shifted<Action::down>(stuck);
    const Plane<kWords> still = stuck & sideways & upright;
    if (!(still & ~ground.targets).any()) return false;
    if (still == stuck) return true;
    stuck = still;
  }
}

}  // namespace boxwarp::search
