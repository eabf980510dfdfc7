// Levels made by reverse play, straight into the slots of a level bank.
#pragma once

#include "kernels/env/env.hpp"
#include "kernels/sokoban/reverse_play.hpp"

namespace boxwarp {

// What one worker needs; kRows: at least the height of the levels.
template <int kRows>
struct GenerateBench {
  Workshop<kRows> workshop;
  PlayedLevel<kRows> level;
};

template <int kRows>
HOST_DEVICE constexpr void store_level(const PlayedLevel<kRows>& level, const LevelSlots& slots, std::int64_t slot) {
  if (slots.tier == Tier::small) {
    slots.walls[slot] = interior_of(level.walls, kRows, ~Row{0});
    slots.targets[slot] = interior_of(level.targets, kRows, 0);
    slots.boxes[slot] = interior_of(level.boxes, kRows, 0);
    slots.player[slot] = static_cast<std::uint16_t>(kSmallInterior * (level.player.row - 1) + level.player.column - 1);
    return;
  }
  for (int row = 0; row < slots.words; ++row) {
    const std::int64_t at = slot * slots.words + row;
    slots.walls[at] = row < kRows ? level.walls[row] : ~Row{0};
    slots.targets[at] = row < kRows ? level.targets[row] : 0;
    slots.boxes[at] = row < kRows ? level.boxes[row] : 0;
  }
  slots.player[slot] = static_cast<std::uint16_t>(kLargestSize * level.player.row + level.player.column);
}

// Level range.first + i into slot i.
template <int kRows>
HOST_DEVICE constexpr void make_level(const ReversePlay& rules, const LevelRange& range, const LevelSlots& slots,
                                      GenerateBench<kRows>& bench, std::int64_t i) {
  const auto id = static_cast<std::uint64_t>(range.first + i);
  slots.found[i] = reverse_played(rules, range.seed, id, bench.workshop, bench.level);
  if (slots.found[i] != 0) store_level(bench.level, slots, i);
}

}  // namespace boxwarp
