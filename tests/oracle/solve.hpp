// The shortest solution by looking at every board in order: no bound, no pruning, no regions.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace oracle {

// The fewest pushes, or the fewest moves, that bring every box onto a target; -1: no play does. rows: " #@+$*.", all of one
// length; outside of them is wall.
inline int fewest(const std::vector<std::string>& rows, bool count_pushes) {
  const int width = int(rows[0].size()) + 1;  // a wall closes each row
  const std::string outside(std::size_t(width), '#');
  std::string walls = outside, start = outside;
  for (const std::string& row : rows) {
    walls += row + "#";
    start += row + "#";
  }
  walls += outside;
  start += outside;
  // A board: 'b' box, 'p' player, ' ' nothing; walls and targets stay in `walls`.
  for (char& cell : start) cell = cell == '$' || cell == '*' ? 'b' : cell == '@' || cell == '+' ? 'p' : ' ';
  const auto is_target = [&](std::size_t i) { return walls[i] == '.' || walls[i] == '*' || walls[i] == '+'; };
  const auto solved = [&](const std::string& board) {
    for (std::size_t i = 0; i < board.size(); ++i)
      if (board[i] == 'b' && !is_target(i)) return false;
    return true;
  };
  std::unordered_map<std::string, int> best{{start, 0}};
  std::deque<std::pair<std::string, int>> open{{start, 0}};
  while (!open.empty()) {
    const auto [board, cost] = open.front();
    open.pop_front();
    if (best[board] != cost) continue;
    if (solved(board)) return cost;
    const std::size_t player = board.find('p');
    for (const int step : {-width, width, -1, 1}) {
      const std::size_t one = player + std::size_t(step), two = one + std::size_t(step);
      if (one >= board.size() || walls[one] == '#') continue;
      const bool pushes = board[one] == 'b';
      if (pushes && (two >= board.size() || walls[two] == '#' || board[two] == 'b')) continue;
      std::string after = board;
      if (pushes) after[two] = 'b';
      after[one] = 'p';
      after[player] = ' ';
      const int price = cost + (pushes || !count_pushes);
      const auto [known, is_new] = best.try_emplace(after, price);
      if (!is_new && known->second <= price) continue;
      known->second = price;
      price == cost ? open.emplace_front(after, price) : open.emplace_back(after, price);
    }
  }
  return -1;
}

}  // namespace oracle
