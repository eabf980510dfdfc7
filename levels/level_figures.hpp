// What one level looks like, in the figures by which sets of levels are compared.
#pragma once

#include <array>

#include "levels/level.hpp"

namespace boxwarp {

struct LevelFigures {
  int floor = 0;                    // cells that are no wall
  std::array<int, 5> neighbours{};  // floor cells with 0 to 4 floor cells beside them
  int blocks = 0;                   // open squares of 2x2 cells
  int box_area = 0;                 // of the smallest rectangle around the floor
  int islands = 0;                  // groups of wall, connected by sides, apart from the wall around
  double reach = 0;                 // share of the cells without a box that the player reaches without a push
  int first_pushes = 0;             // pushes that are possible without another before
  int matched_distance = 0;         // rows and columns between boxes and targets, in the assignment with the fewest
  int boxes_by_boxes = 0, targets_by_targets = 0, boxes_by_walls = 0;  // with at least one beside them
  bool player_by_box = false;
};

LevelFigures figures_of(const LevelRows& level);

}  // namespace boxwarp
