// Sokoban on text, straight from the rules: a board is rows of " #@+$*.", outside of it is wall.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace oracle {

struct Cell {
  int row, column;
};

inline constexpr int kNoOp = 4;

// 0 up, 1 down, 2 left, 3 right.
inline Cell next_to(Cell at, int action) {
  if (action == 0) return {at.row - 1, at.column};
  if (action == 1) return {at.row + 1, at.column};
  if (action == 2) return {at.row, at.column - 1};
  return {at.row, at.column + 1};
}

class Sokoban {
 public:
  explicit Sokoban(std::vector<std::string> rows) : rows_(std::move(rows)) {
    for (int r = 0; r < height(); ++r)
      for (int c = 0; c < width(); ++c)
        if (has_player({r, c})) player_ = {r, c};
  }

  int height() const { return int(rows_.size()); }
  int width() const { return int(rows_[0].size()); }
  const std::vector<std::string>& rows() const { return rows_; }
  Cell player() const { return player_; }

  char at(Cell cell) const {
    if (cell.row < 0 || cell.row >= height() || cell.column < 0 || cell.column >= width()) return '#';
    return rows_[std::size_t(cell.row)][std::size_t(cell.column)];
  }
  bool has_target(Cell cell) const { return at(cell) == '.' || at(cell) == '*' || at(cell) == '+'; }
  bool has_box(Cell cell) const { return at(cell) == '$' || at(cell) == '*'; }
  bool has_player(Cell cell) const { return at(cell) == '@' || at(cell) == '+'; }

  void step(int action) {
    if (action == kNoOp) return;
    const Cell one = next_to(player_, action);
    const Cell two = next_to(one, action);
    if (at(one) == '#') return;
    if (has_box(one)) {
      if (at(two) == '#' || has_box(two)) return;
      put(two, has_target(two) ? '*' : '$');
    }
    put(one, has_target(one) ? '+' : '@');
    put(player_, has_target(player_) ? '.' : ' ');
    player_ = one;
  }

  int unmatched() const { return count('$'); }
  bool solved() const { return unmatched() == 0; }
  bool targets_covered() const { return count('.') + count('+') == 0; }
  int count(char what) const {
    int n = 0;
    for (const std::string& row : rows_)
      for (const char c : row) n += c == what;
    return n;
  }

 private:
  void put(Cell cell, char what) { rows_[std::size_t(cell.row)][std::size_t(cell.column)] = what; }

  std::vector<std::string> rows_;
  Cell player_{0, 0};
};

// How many distinct boards can be reached with at most `moves` actions, the first included.
inline std::size_t boards_within(const std::vector<std::string>& rows, int moves) {
  std::set<std::vector<std::string>> seen{rows};
  std::vector<Sokoban> edge{Sokoban(rows)};
  for (int move = 0; move < moves; ++move) {
    std::vector<Sokoban> next;
    for (const Sokoban& board : edge)
      for (int action = 0; action < 4; ++action) {
        Sokoban after = board;
        after.step(action);
        if (seen.insert(after.rows()).second) next.push_back(after);
      }
    edge = std::move(next);
  }
  return seen.size();
}

}  // namespace oracle
