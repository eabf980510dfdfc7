// New episodes: which level, which cap, which symmetry, and the board laid out anew. Pure functions of the environment's
// counters, the same on every backend.
#pragma once

#include "kernels/env/env.hpp"
#include "kernels/sokoban/bits.hpp"
#include "kernels/sokoban/random.hpp"
#include "kernels/sokoban/symmetry.hpp"

namespace boxwarp {

// One symmetry of a frame of cells; in the small tier the frame is the interior.
struct Guise {
  Tier tier;
  int symmetry, height, width;

  HOST_DEVICE constexpr Position position_of(int word, int bit) const {
    return tier == Tier::small ? Position{bit / kSmallInterior, bit % kSmallInterior} : Position{word, bit};
  }

  HOST_DEVICE constexpr Position mapped(Position at) const { return boxwarp::mapped(at, symmetry, height, width); }

  // Copies the set bits of plane, those of the frame only, to where the symmetry takes them. inverted: of ~plane, to ~out.
  HOST_DEVICE constexpr void map_plane(const std::uint64_t* plane, int words, bool inverted, std::uint64_t* out) const {
    const std::uint64_t flip = inverted ? ~std::uint64_t{0} : 0;
    for (int word = 0; word < words; ++word) out[word] = flip;
    for (int word = 0; word < words; ++word) {
      for (std::uint64_t rest = plane[word] ^ flip; rest != 0; rest &= rest - 1) {
        const Position from = position_of(word, lowest_bit(rest));
        if (from.row >= height || from.column >= width) continue;
        const Position to = mapped(from);
        if (tier == Tier::small)
          out[0] ^= std::uint64_t{1} << (kSmallInterior * to.row + to.column);
        else
          out[to.row] ^= std::uint64_t{1} << to.column;
      }
    }
  }
};

HOST_DEVICE constexpr std::uint64_t player_word(Tier tier, std::uint16_t player) {
  return tier == Tier::small ? std::uint64_t{1} << player : player;
}

// The board of environment e becomes this level under this symmetry.
HOST_DEVICE constexpr void lay_out(const LevelBankView& bank, const EnvStateView& state, std::int64_t e, std::int64_t level,
                                   int symmetry) {
  const std::int64_t from = level * bank.words, to = e * bank.words;
  if (symmetry == 0) {
    for (std::int64_t w = 0; w < bank.words; ++w) {
      state.walls[to + w] = bank.walls[from + w];
      state.targets[to + w] = bank.targets[from + w];
      state.boxes[to + w] = bank.boxes[from + w];
    }
    state.player[e] = player_word(bank.tier, bank.player[level]);
    return;
  }
  const bool small = bank.tier == Tier::small;
  const int rim = small ? 2 : 0, side = small ? kSmallInterior : kLargestSize;
  const Guise guise{bank.tier, symmetry, bank.height - rim, bank.width - rim};
  guise.map_plane(bank.walls + from, bank.words, true, state.walls + to);
  guise.map_plane(bank.targets + from, bank.words, false, state.targets + to);
  guise.map_plane(bank.boxes + from, bank.words, false, state.boxes + to);
  const Position player = guise.mapped({bank.player[level] / side, bank.player[level] % side});
  state.player[e] = player_word(bank.tier, static_cast<std::uint16_t>(side * player.row + player.column));
}

struct NextEpisode {
  std::int64_t level;
  std::int32_t cap, symmetry;
};

// Draws the next episode of environment e, on `level`, or on the next level in order if it is -1; counts it, and leaves the
// board as it is.
HOST_DEVICE constexpr NextEpisode next_episode(const LevelBankView& bank, const EnvOptions& options,
                                               const EnvStateView& state, std::int64_t e, std::int64_t level) {
  const std::uint64_t seed = state.seed[e], episode = ++state.episode[e];
  const std::uint32_t environment = state.environment[e];
  if (level < 0) {
    if (options.level_order == LevelOrder::random) {
      const auto count = static_cast<std::uint64_t>(bank.in_play != nullptr ? *bank.in_play : bank.count);
      level = static_cast<std::int64_t>(below(draw(seed, environment, Stream::level, episode), count));
    } else {
      const auto round = static_cast<std::int64_t>(state.order_index[e]);
      level = (state.order_start[e] + round * state.order_stride) % bank.count;
    }
    ++state.order_index[e];
  }
  const auto caps = static_cast<std::uint64_t>(options.max_steps - options.min_steps) + 1;
  const auto more = static_cast<std::int32_t>(below(draw(seed, environment, Stream::cap, episode), caps));
  std::int32_t symmetry = 0;
  if (options.symmetry) {
    const auto choices = static_cast<std::uint64_t>(bank.height == bank.width ? kSymmetries : kSymmetriesOfRectangle);
    symmetry = static_cast<std::int32_t>(below(draw(seed, environment, Stream::symmetry, episode), choices));
  }
  return {.level = level, .cap = options.min_steps + more, .symmetry = symmetry};
}

// The counters of environment e as this episode starts.
HOST_DEVICE constexpr void begin_counting(const EnvStateView& state, std::int64_t e, const NextEpisode& next) {
  state.cap[e] = next.cap;
  state.level[e] = next.level;
  state.steps[e] = 0;
  state.matched[e] = 0;
  if (state.idle != nullptr) state.idle[e] = 0;
  state.ended[e] = 0;
}

// The board and the counters.
HOST_DEVICE constexpr void begin_episode(const LevelBankView& bank, const EnvStateView& state, std::int64_t e,
                                         const NextEpisode& next) {
  lay_out(bank, state, e, next.level, next.symmetry);
  begin_counting(state, e, next);
}

// The episode of environment e is over, and the next one starts later.
HOST_DEVICE constexpr void await_next(const EnvStateView& state, std::int64_t e) {
  state.ended[e] = 1;
  state.level[e] = -1;
}

HOST_DEVICE constexpr void start_episode(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
                                         std::int64_t e, std::int64_t level) {
  begin_episode(bank, state, e, next_episode(bank, options, state, e, level));
}

}  // namespace boxwarp
