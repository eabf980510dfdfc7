// Text boards as the bits of both tiers, and back.
#pragma once

#include <string>
#include <vector>

#include "kernels/sokoban/board.hpp"
#include "kernels/sokoban/rules.hpp"

namespace boxwarp {

inline bool is_target(char c) { return c == '.' || c == '*' || c == '+'; }
inline bool is_box(char c) { return c == '$' || c == '*'; }
inline bool is_player(char c) { return c == '@' || c == '+'; }

// The text is the interior: at most 8x8.
struct SmallGame {
  explicit SmallGame(const std::vector<std::string>& rows) : height(rows.size()), width(rows[0].size()) {
    for (std::size_t row = 0; row < kSmallInterior; ++row)
      for (std::size_t column = 0; column < kSmallInterior; ++column) {
        const Cells bit = Cells{1} << (kSmallInterior * row + column);
        const char c = row < height && column < width ? rows[row][column] : '#';
        if (c == '#') level.walls |= bit;
        if (is_target(c)) level.targets |= bit;
        if (is_box(c)) board.boxes |= bit;
        if (is_player(c)) board.player |= bit;
      }
  }

  // Returns how many more boxes are on targets.
  int step(Action action) {
    const Board after = moved(level, board, action);
    const int change = matched_change(level, board, after);
    board = after;
    return change;
  }
  bool is_solved() const { return solved(level, board); }

  char at(std::size_t row, std::size_t column) const {
    const auto has = [&](Cells plane) { return (plane >> (kSmallInterior * row + column) & 1) != 0; };
    if (has(level.walls)) return has(board.boxes) || has(board.player) || has(level.targets) ? '?' : '#';
    if (has(board.player)) return has(board.boxes) ? '?' : has(level.targets) ? '+' : '@';
    if (has(board.boxes)) return has(level.targets) ? '*' : '$';
    return has(level.targets) ? '.' : ' ';
  }

  std::size_t height, width;
  Level level{};
  Board board{};
};

// The text is the whole board, rim or not: at most 64x64.
struct LargeGame {
  explicit LargeGame(const std::vector<std::string>& rows)
      : height(rows.size()), width(rows[0].size()), walls(height, ~Row{0}), targets(height), boxes(height) {
    for (std::size_t row = 0; row < height; ++row)
      for (std::size_t column = 0; column < width; ++column) {
        const Row bit = Row{1} << column;
        const char c = rows[row][column];
        if (c != '#') walls[row] &= ~bit;
        if (is_target(c)) targets[row] |= bit;
        if (is_box(c)) boxes[row] |= bit;
        if (is_player(c)) player = {static_cast<int>(row), static_cast<int>(column)};
      }
  }

  LargeLevel level() const { return {walls.data(), targets.data(), static_cast<int>(height)}; }
  int step(Action action) {
    const LargeMove move = moved(level(), boxes.data(), player, action);
    apply(move, boxes.data());
    player = move.player;
    return matched_change(level(), move);
  }
  bool is_solved() const { return solved(level(), boxes.data()); }

  char at(std::size_t row, std::size_t column) const {
    const auto has = [&](const std::vector<Row>& plane) { return (plane[row] >> column & 1) != 0; };
    const bool here = player == Position{static_cast<int>(row), static_cast<int>(column)};
    if (has(walls)) return has(boxes) || here || has(targets) ? '?' : '#';
    if (here) return has(boxes) ? '?' : has(targets) ? '+' : '@';
    if (has(boxes)) return has(targets) ? '*' : '$';
    return has(targets) ? '.' : ' ';
  }

  std::size_t height, width;
  std::vector<Row> walls, targets, boxes;
  Position player{0, 0};
};

template <class Game>
std::vector<std::string> text_of(const Game& game) {
  std::vector<std::string> rows(game.height, std::string(game.width, ' '));
  for (std::size_t row = 0; row < game.height; ++row)
    for (std::size_t column = 0; column < game.width; ++column) rows[row][column] = game.at(row, column);
  return rows;
}

}  // namespace boxwarp
