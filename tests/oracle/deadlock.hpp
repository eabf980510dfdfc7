// Which boards two simple tests call dead, cell by cell on text: a lone box is tried from every cell, and boxes that hold
// each other are found by letting go of one at a time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace oracle {

class Deadlock {
 public:
  explicit Deadlock(const std::vector<std::string>& rows) : rows_(rows) {
    for (int r = 0; r < height(); ++r)
      for (int c = 0; c < width(); ++c)
        if (is_box(r, c)) boxes_.push_back({r, c, true});
  }

  bool dead() {
    for (const Box& box : boxes_)
      if (!reaches_target(box.row, box.column)) return true;
    for (bool let_go = true; let_go;) {
      let_go = false;
      for (Box& box : boxes_) {
        if (!box.held || (blocked(box, 0, 1) && blocked(box, 1, 0))) continue;
        box.held = false;
        let_go = true;
      }
    }
    for (const Box& box : boxes_)
      if (box.held && !is_target(box.row, box.column)) return true;
    return false;
  }

 private:
  struct Box {
    int row, column;
    bool held;
  };

  int height() const { return int(rows_.size()); }
  int width() const { return int(rows_[0].size()); }
  char at(int r, int c) const {
    return r < 0 || r >= height() || c < 0 || c >= width() ? '#' : rows_[std::size_t(r)][std::size_t(c)];
  }
  bool is_wall(int r, int c) const { return at(r, c) == '#'; }
  bool is_box(int r, int c) const { return at(r, c) == '$' || at(r, c) == '*'; }
  bool is_target(int r, int c) const { return at(r, c) == '.' || at(r, c) == '*' || at(r, c) == '+'; }

  // A lone box, pushed in every way that leaves the player room.
  bool reaches_target(int row, int column) const {
    std::vector<std::string> seen(rows_.size(), std::string(rows_[0].size(), 'n'));
    std::vector<Box> open{{row, column, true}};
    seen[std::size_t(row)][std::size_t(column)] = 'y';
    while (!open.empty()) {
      const Box box = open.back();
      open.pop_back();
      if (is_target(box.row, box.column)) return true;
      for (const auto& [dr, dc] : {std::pair{-1, 0}, {1, 0}, {0, -1}, {0, 1}}) {
        const int r = box.row + dr, c = box.column + dc;
        if (is_wall(r, c) || is_wall(box.row - dr, box.column - dc)) continue;
        if (seen[std::size_t(r)][std::size_t(c)] == 'y') continue;
        seen[std::size_t(r)][std::size_t(c)] = 'y';
        open.push_back({r, c, true});
      }
    }
    return false;
  }

  // Can the box not move along this line? Either side closed by a wall or a held box closes it, and so do two sides where
  // a box is lost.
  bool blocked(const Box& box, int dr, int dc) const {
    int lost = 0;
    for (const int way : {-1, 1}) {
      const int r = box.row + way * dr, c = box.column + way * dc;
      if (is_wall(r, c)) return true;
      for (const Box& other : boxes_)
        if (other.held && other.row == r && other.column == c) return true;
      lost += !reaches_target(r, c);
    }
    return lost == 2;
  }

  std::vector<std::string> rows_;
  std::vector<Box> boxes_;
};

}  // namespace oracle
