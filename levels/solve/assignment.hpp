// The cheapest way to give each box a target of its own, as a lower bound on pushes. One board is looked at, and then the
// boards that differ from it in one box.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "levels/solve/ground.hpp"

namespace boxwarp::search {

// At most four targets: every assignment of three boxes is tried.
class FewBoxes {
 public:
  // table: (cells, 4) pushes, as Ground has it; boxes <= targets <= 4.
  void begin(const int* table, int columns, int targets, int boxes);
  // cells: (boxes) of the board to look at.
  void look_at(const int* cells);
  // (targets) pushes that the other boxes need where one box takes this target.
  const int* others(int box);

 private:
  using Costs = std::array<int, 4>;
  const int* table_ = nullptr;
  int boxes_ = 0;
  std::array<Costs, 4> costs_{};  // of boxes, then of boxes that are not there, which go anywhere for nothing
  Costs others_{};
};

// Any number of boxes: the Hungarian method (Kuhn 1955; Munkres 1957) with shortest augmenting paths, kept from board to
// board, so that only boxes that moved are assigned anew.
class ManyBoxes {
 public:
  void begin(const int* table, int columns, int targets, int boxes);
  void look_at(const int* cells);
  const int* others(int box);

 private:
  std::int64_t cost(int box, int target) const;
  void assign(int row);

  const int* table_ = nullptr;
  int columns_ = 0, size_ = 0, boxes_ = 0;
  std::vector<int> cell_;                  // (boxes) that each row stands for, -1: none yet
  std::vector<int> row_of_;                // (boxes) row of each box of the board looked at
  std::vector<int> target_of_, taken_by_;  // (targets) both ways; rows beyond the boxes are of boxes that are not there
  std::vector<std::int64_t> row_price_, target_price_;  // their sum is at most the cost, and is the cost where assigned
  std::vector<std::int64_t> slack_;
  std::vector<int> came_from_, result_;
  std::vector<char> visited_;
};

}  // namespace boxwarp::search
