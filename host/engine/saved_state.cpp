#include "host/engine/saved_state.hpp"

#include <fmt/format.h>

#include <limits>

#include "kernels/sokoban/bits.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

// Cells of the largest board: more boxes cannot come to targets.
constexpr std::int32_t kMostMatched = kLargestSize * kLargestSize;

bool is_on_board(const LevelBankView& bank, std::uint64_t player) {
  return bank.tier == Tier::small
             ? bit_count(player) == 1
             : player < static_cast<std::uint64_t>(kLargestSize) * static_cast<std::uint64_t>(bank.words);
}

// Levels are laid out in a frame of the largest one's size, in which symmetries move them.
bool is_in_frame(const LevelBankView& bank, std::uint16_t player) {
  const bool small = bank.tier == Tier::small;
  const int rim = small ? 2 : 0, side = small ? kSmallInterior : kLargestSize;
  return player / side < bank.height - rim && player % side < bank.width - rim;
}

void demand_cells(const SavedArray<std::uint8_t>& observation, const char* name) {
  for (std::size_t i = 0; i < observation.size(); ++i) {
    if (observation[i] >= kCellCodes)
      throw BadInput(fmt::format("environment state: {} holds cell code {} at {}, takes 0 to {}", name, observation[i], i,
                                 kCellCodes - 1));
  }
}

}  // namespace

void demand_playable(const SavedState& s, std::size_t num_envs) {
  for (std::size_t e = 0; e < num_envs; ++e) {
    const auto within = [e](const char* name, auto found, auto low, auto high) {
      if (found < low || found > high)
        throw BadInput(
            fmt::format("environment state: {} of environment {} is {}, takes {} to {}", name, e, found, low, high));
    };
    const auto is_flag = [&](const char* name, const SavedArray<std::uint8_t>& flags) {
      if (flags.size() != 0) within(name, static_cast<int>(flags[e]), 0, 1);
    };
    is_flag("terminated", s.terminated);
    is_flag("truncated", s.truncated);
    is_flag("deadlock", s.deadlock);
    is_flag("ended", s.ended);
    const bool waits = s.ended[e] != 0;
    if (waits && s.options.auto_reset == AutoReset::same_step) within("ended", 1, 0, 0);
    const std::int64_t last = s.bank.count - 1;
    if (waits)
      within("level of an episode that is over", s.level[e], std::int64_t{-1}, std::int64_t{-1});
    else
      within("level", s.level[e], std::int64_t{0}, last);
    within("finished level", s.finished_level[e], std::int64_t{-1}, last);
    within("order_start", s.order_start[e], std::int64_t{0}, s.total_envs - 1);
    if (s.options.level_order == LevelOrder::sequential) {
      const auto room = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() - s.order_start[e]);
      within("order_index", s.order_index[e], std::uint64_t{0}, room / 2 / static_cast<std::uint64_t>(s.total_envs));
    }
    within("cap", s.cap[e], s.options.min_steps, s.options.max_steps);
    within("steps", s.steps[e], 0, s.cap[e]);
    within("matched", s.matched[e], -kMostMatched, kMostMatched);
    if (s.idle.size() != 0) within("idle", s.idle[e], 0, s.steps[e]);
    if (!is_on_board(s.bank, s.player[e]))
      throw BadInput(fmt::format("environment state: the player of environment {} stands nowhere on its board ({:#x})", e,
                                 s.player[e]));
  }
  for (std::size_t level = 0; level < s.bank_player.size(); ++level) {
    if (!is_in_frame(s.bank, s.bank_player[level]))
      throw BadInput(fmt::format("environment state: the player of level {} stands at {}, outside of {}x{}", level,
                                 s.bank_player[level], s.bank.height, s.bank.width));
  }
  if (s.options.format.kind == Observation::cells) {  // what a network looks up in its tables
    demand_cells(s.observation, "the observation");
    demand_cells(s.final_observation, "the final observation");
  }
}

}  // namespace boxwarp
