// Random boards as text, wild ones included: no rim, walls anywhere, any number of boxes and targets.
#pragma once

#include <string>
#include <vector>

#include "tests/oracle/numbers.hpp"

namespace oracle {

// One player; every other cell is a wall, box or target with probabilities drawn for the board.
inline std::vector<std::string> random_board(int height, int width, Numbers& numbers) {
  const double walls = 0.35 * numbers.uniform(), boxes = 0.3 * numbers.uniform(), targets = 0.5 * numbers.uniform();
  std::vector<std::string> rows(std::size_t(height), std::string(std::size_t(width), ' '));
  for (std::string& row : rows)
    for (char& cell : row) {
      if (numbers.uniform() < walls)
        cell = '#';
      else if (numbers.uniform() < boxes)
        cell = numbers.uniform() < targets ? '*' : '$';
      else if (numbers.uniform() < targets)
        cell = '.';
    }
  char& cell = rows[std::size_t(numbers.below(height))][std::size_t(numbers.below(width))];
  cell = cell == '.' || cell == '*' ? '+' : '@';
  return rows;
}

// The same inside of a rim of wall; height and width include it.
inline std::vector<std::string> random_room(int height, int width, Numbers& numbers) {
  std::vector<std::string> rows = random_board(height - 2, width - 2, numbers);
  for (std::string& row : rows) row = "#" + row + "#";
  rows.insert(rows.begin(), std::string(std::size_t(width), '#'));
  rows.push_back(rows.front());
  return rows;
}

// The same of any size from three cells to the given ones; drawn width first, whatever the compiler.
inline std::vector<std::string> random_room_of_any_size(int most_height, int most_width, Numbers& numbers) {
  const int width = 3 + numbers.below(most_width - 2), height = 3 + numbers.below(most_height - 2);
  return random_room(height, width, numbers);
}

}  // namespace oracle
