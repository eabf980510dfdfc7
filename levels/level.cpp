#include "levels/level.hpp"

#include <bit>

namespace boxwarp {

int cells_in(const std::vector<Row>& plane) {
  int cells = 0;
  for (const Row row : plane) cells += std::popcount(row);
  return cells;
}

int LevelRows::box_count() const { return cells_in(boxes); }
int LevelRows::target_count() const { return cells_in(targets); }

LargeLevel LevelRows::fixed() const { return {.walls = walls.data(), .targets = targets.data(), .height = height}; }

std::vector<std::string> to_text(const LevelRows& level) {
  std::vector<std::string> rows;
  for (int row = 0; row < level.height; ++row) {
    std::string& text = rows.emplace_back(static_cast<std::size_t>(level.width), ' ');
    for (int column = 0; column < level.width; ++column) {
      const Position at{row, column};
      const bool target = has(level.targets.data(), at);
      char& cell = text[static_cast<std::size_t>(column)];
      if (has(level.walls.data(), at)) {
        cell = '#';
      } else if (has(level.boxes.data(), at)) {
        cell = target ? '*' : '$';
      } else if (at == level.player) {
        cell = target ? '+' : '@';
      } else if (target) {
        cell = '.';
      }
    }
  }
  return rows;
}

std::string text_entry(const LevelRows& level, std::int64_t number) {
  std::string text = "; " + std::to_string(number) + "\n";
  if (!level.title.empty()) text += "Title: " + level.title + "\n";
  for (const std::string& row : to_text(level)) text += row + "\n";
  return text + "\n";
}

}  // namespace boxwarp
