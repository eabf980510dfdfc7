#include "levels/parse/remarks.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace boxwarp {

namespace {

bool already_solved(const LevelRows& level) {
  Row off_target = 0;
  for (std::size_t row = 0; row < level.boxes.size(); ++row) off_target |= level.boxes[row] & ~level.targets[row];
  return off_target == 0;
}

// A box moves along a line only if both cells beside it on that line can become free. Boxes are taken to be stuck until they
// are seen to have such a line, so boxes that only hold each other count as stuck as well.
bool box_cannot_move(const LevelRows& level) {
  std::vector<Row> stuck = level.boxes;
  const auto blocked = [&](std::size_t row) { return level.walls[row] | stuck[row]; };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t row = 1; row + 1 < stuck.size(); ++row) {
      const Row across = blocked(row) << 1 | blocked(row) >> 1, along = blocked(row - 1) | blocked(row + 1);
      const Row still = stuck[row] & across & along;
      changed |= still != stuck[row];
      stuck[row] = still;
    }
  }
  return std::any_of(stuck.begin(), stuck.end(), [](Row row) { return row != 0; });
}

}  // namespace

void add_warnings(ParsedFile& file) {
  const auto board = [](const LevelRows& level) {
    return std::tie(level.width, level.player.row, level.player.column, level.walls, level.targets, level.boxes);
  };
  const auto before = [&](const LevelRows* a, const LevelRows* b) { return board(*a) < board(*b); };
  std::set<const LevelRows*, decltype(before)> seen(before);
  for (ParsedLevel& parsed : file.levels) {
    const LevelRows& level = parsed.level;
    const auto warn_if = [&](bool claim, LevelWarning warning) {
      if (claim) parsed.warnings.push_back(warning);
    };
    warn_if(level.target_count() > level.box_count(), LevelWarning::more_targets);
    warn_if(already_solved(level), LevelWarning::already_solved);
    warn_if(box_cannot_move(level), LevelWarning::box_cannot_move);
    warn_if(!seen.insert(&level).second, LevelWarning::duplicate);
    std::sort(parsed.warnings.begin(), parsed.warnings.end());
  }
}

}  // namespace boxwarp
