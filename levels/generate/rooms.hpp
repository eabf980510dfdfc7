// Rooms carved for levels, each searched backwards for all its starts, of which one is drawn.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "kernels/sokoban/carving.hpp"
#include "levels/generate/retrograde.hpp"
#include "levels/generate/starts.hpp"
#include "levels/solve/plane.hpp"

namespace boxwarp::search {

// How many pushes a level is to need: as far as the search goes.
int drawn_pushes(const StartOptions& options, reverse_play::Words& words);

// Carves rooms and draws from their starts; boards of up to 64 * kWords cells, for kWords of 1, 4, 8, 16 and 64. Keeps its
// memory from level to level.
template <int kWords>
class Rooms {
 public:
  // pushes: as drawn; drawn anew where rooms have no such start. No level: the boards of the rooms do not fit. Throws
  // BadInput if none of many rooms has such a start.
  std::optional<StartLevel> level(const StartOptions& options, reverse_play::Words& words, int pushes);

 private:
  void carve(const StartOptions& options, reverse_play::Words& words);
  bool kept(const StartOptions& options, reverse_play::Words& words) const;
  bool draw_start(const StartOptions& options, reverse_play::Words& words, int pushes, StartLevel& level);
  LevelRows rows_of(const StartOptions& options, const Plane<kWords>& boxes, int player) const;

  reverse_play::Play<kLargestSize> play_;  // its floor alone
  Frame<kWords> frame_;
  Plane<kWords> open_, targets_;
  Retrograde<kWords> retrograde_;
  std::vector<std::size_t> starts_;
  std::vector<double> up_to_;  // sums of weights
};

}  // namespace boxwarp::search
