// A* over boards of one size of plane.
#pragma once

#include <vector>

#include "levels/solve/assignment.hpp"
#include "levels/solve/board_store.hpp"
#include "levels/solve/solve.hpp"

namespace boxwarp::search {

template <int kWords>
class Search {
 public:
  // The area has no lost box and fits kWords.
  SolveResult run(const LevelRows& level, const Area& area, Optimal optimal, const SolveBudget& budget);

 private:
  template <class Assignment>
  SolveOutcome find(Assignment& assignment, const SolveBudget& budget);
  template <class Assignment>
  bool expand(Assignment& assignment, std::uint32_t number);
  void walk(const Plane<kWords>& free, int player);
  std::vector<Plane<kWords>> boards_to(std::uint32_t last) const;

  Ground<kWords> ground_;
  BoardStore<kWords> store_;
  FewBoxes few_;
  ManyBoxes many_;
  Optimal optimal_ = Optimal::pushes;
  Plane<kWords> start_;
  int player_ = 0, box_count_ = 0;
  std::uint32_t solution_ = kNoBoard;
  std::int64_t nodes_ = 0;
  std::vector<int> cells_, steps_;  // of the board that is looked at: its boxes; steps of the player to each cell
  Plane<kWords> reached_;
};

}  // namespace boxwarp::search
