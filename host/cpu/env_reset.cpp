// New episodes: which level, which cap, which symmetry, and the board laid out anew.
#include <bit>

#include "host/cpu/env_parts.hpp"
#include "kernels/sokoban/random.hpp"
#include "kernels/sokoban/symmetry.hpp"

namespace boxwarp::cpu {

namespace {

// One symmetry of a frame of cells; in the small tier the frame is the interior.
struct Guise {
  Tier tier;
  int symmetry, height, width;

  Position position_of(int word, int bit) const {
    return tier == Tier::small ? Position{bit / kSmallInterior, bit % kSmallInterior} : Position{word, bit};
  }

  // Copies the set bits of plane (words), those of the frame only, to where the symmetry takes them.
  void map_plane(const std::uint64_t* plane, int words, std::uint64_t* out) const {
    for (int word = 0; word < words; ++word) out[word] = 0;
    for (int word = 0; word < words; ++word) {
      for (std::uint64_t rest = plane[word]; rest != 0; rest &= rest - 1) {
        const Position from = position_of(word, std::countr_zero(rest));
        if (from.row < height && from.column < width) set(mapped(from, symmetry, height, width), out);
      }
    }
  }

  void set(Position at, std::uint64_t* plane) const {
    if (tier == Tier::small)
      plane[0] |= std::uint64_t{1} << (kSmallInterior * at.row + at.column);
    else
      plane[at.row] |= std::uint64_t{1} << at.column;
  }
};

std::uint64_t player_word(Tier tier, std::uint16_t player) {
  return tier == Tier::small ? std::uint64_t{1} << player : player;
}

void lay_out(const LevelBankView& bank, const EnvStateView& state, std::int64_t e, std::int64_t level, int symmetry) {
  const std::int64_t words = bank.words;
  const std::uint64_t* walls = bank.walls + level * words;
  const std::uint64_t* targets = bank.targets + level * words;
  const std::uint64_t* boxes = bank.boxes + level * words;
  const bool small = bank.tier == Tier::small;
  if (symmetry == 0) {
    for (std::int64_t w = 0; w < words; ++w) {
      state.walls[e * words + w] = walls[w];
      state.targets[e * words + w] = targets[w];
      state.boxes[e * words + w] = boxes[w];
    }
    state.player[e] = player_word(bank.tier, bank.player[level]);
    return;
  }
  const int rim = small ? 2 : 0;
  const Guise guise{bank.tier, symmetry, bank.height - rim, bank.width - rim};
  std::uint64_t floor[kLargestSize];
  for (std::int64_t w = 0; w < words; ++w) floor[w] = ~walls[w];
  guise.map_plane(floor, bank.words, state.walls + e * words);
  for (std::int64_t w = 0; w < words; ++w) state.walls[e * words + w] = ~state.walls[e * words + w];
  guise.map_plane(targets, bank.words, state.targets + e * words);
  guise.map_plane(boxes, bank.words, state.boxes + e * words);
  const Position before = small ? guise.position_of(0, bank.player[level])
                                : Position{bank.player[level] / kLargestSize, bank.player[level] % kLargestSize};
  const Position player = mapped(before, symmetry, guise.height, guise.width);
  const int side = small ? kSmallInterior : kLargestSize;
  state.player[e] = player_word(bank.tier, static_cast<std::uint16_t>(side * player.row + player.column));
}

}  // namespace

void start_episode(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, std::int64_t e,
                   std::int64_t level) {
  const std::uint64_t seed = state.seed[e], episode = state.episode[e];
  const std::uint32_t environment = state.environment[e];
  if (level < 0) {
    if (options.level_order == LevelOrder::random) {
      const auto count = static_cast<std::uint64_t>(bank.count);
      level = static_cast<std::int64_t>(below(draw(seed, environment, Stream::level, episode), count));
    } else {
      const auto round = static_cast<std::int64_t>(state.order_index[e]);
      level = (state.order_start[e] + round * state.order_stride) % bank.count;
    }
    ++state.order_index[e];
  }
  const auto caps = static_cast<std::uint64_t>(options.max_steps - options.min_steps) + 1;
  state.cap[e] = options.min_steps + static_cast<std::int32_t>(below(draw(seed, environment, Stream::cap, episode), caps));
  int symmetry = 0;
  if (options.symmetry) {
    const int choices = bank.height == bank.width ? kSymmetries : kSymmetriesOfRectangle;
    symmetry =
        static_cast<int>(below(draw(seed, environment, Stream::symmetry, episode), static_cast<std::uint64_t>(choices)));
  }
  lay_out(bank, state, e, level, symmetry);
  state.level[e] = level;
  state.steps[e] = 0;
  state.matched[e] = 0;
}

void reset(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
           const EnvOutputView& output, const std::uint8_t* mask, const std::int64_t* levels) {
  const std::size_t bytes = observation_bytes(options.observation, bank.tier, options.height, options.width);
  for_chunks(executor, state.count, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e) {
      if (mask != nullptr && mask[e] == 0) continue;
      ++state.episode[e];
      start_episode(bank, options, state, e, levels != nullptr ? levels[e] : -1);
      output.reward[e] = 0;
      output.terminated[e] = output.truncated[e] = 0;
      if (output.observation != nullptr) {
        draw_board(bank, options, state, e, options.observation, options.layout,
                   output.observation + static_cast<std::size_t>(e) * bytes);
      }
    }
  });
}

}  // namespace boxwarp::cpu
