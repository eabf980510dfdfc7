// Boards as observations. Both tiers are read as rows of the whole board, so each kind of picture is drawn once.
#include <cstring>

#include "host/cpu/env_parts.hpp"

namespace boxwarp::cpu {

namespace {

struct RowBits {  // one row of the whole board, bit = column
  std::uint64_t walls, targets, boxes, player;
};

constexpr std::uint64_t kRim = ~(std::uint64_t{0xff} << 1);  // all columns but the interior's eight

RowBits small_row(const EnvStateView& state, std::int64_t e, int row) {
  if (row == 0 || row > kSmallInterior) return {~std::uint64_t{0}, 0, 0, 0};
  const int shift = kSmallInterior * (row - 1);
  const auto cut = [&](std::uint64_t plane) { return (plane >> shift & 0xff) << 1; };
  return {cut(state.walls[e]) | kRim, cut(state.targets[e]), cut(state.boxes[e]), cut(state.player[e])};
}

RowBits large_row(const EnvStateView& state, std::int64_t e, int words, int row) {
  if (row >= words) return {~std::uint64_t{0}, 0, 0, 0};
  const std::int64_t at = e * words + row;
  const std::uint64_t player = state.player[e];
  const bool here = player / kLargestSize == static_cast<std::uint64_t>(row);
  return {state.walls[at], state.targets[at], state.boxes[at], here ? std::uint64_t{1} << player % kLargestSize : 0};
}

// Cell code by wall + 2 * target + 4 * box + 8 * player; what cannot be is wall.
constexpr std::uint8_t kCodeOf[16] = {1, 0, 2, 0, 4, 0, 3, 0, 5, 0, 6, 0, 0, 0, 0, 0};

unsigned facts_at(const RowBits& row, int column) {
  const auto bit = [column](std::uint64_t plane) { return static_cast<unsigned>(plane >> column & 1); };
  return bit(row.walls) | bit(row.targets) << 1 | bit(row.boxes) << 2 | bit(row.player) << 3;
}

// Writes value(channel) of one cell of a picture with that many channels.
template <int channels, class Value>
void put(std::uint8_t* out, Layout layout, std::size_t cell, std::size_t cells, const Value& value) {
  for (std::size_t channel = 0; channel < channels; ++channel)
    out[layout == Layout::chw ? channel * cells + cell : cell * channels + channel] = value(channel);
}

void draw_packed(const LevelBankView& bank, const EnvStateView& state, std::int64_t e, int height, std::uint8_t* out) {
  if (bank.tier == Tier::small) {
    const std::uint64_t words[4] = {state.walls[e], state.targets[e], state.boxes[e], state.player[e]};
    std::memcpy(out, words, sizeof words);
    return;
  }
  const auto plane = static_cast<std::size_t>(height) * sizeof(std::uint64_t);
  for (int row = 0; row < height; ++row) {
    const RowBits bits = large_row(state, e, bank.words, row);
    const std::uint64_t words[4] = {bits.walls, bits.targets, bits.boxes, bits.player};
    for (std::size_t p = 0; p < 4; ++p)
      std::memcpy(out + p * plane + static_cast<std::size_t>(row) * sizeof words[p], &words[p], sizeof words[p]);
  }
}

}  // namespace

void draw_board(const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state, std::int64_t e,
                Observation observation, Layout layout, std::uint8_t* out) {
  if (observation == Observation::none) return;
  if (observation == Observation::packed) return draw_packed(bank, state, e, options.height, out);
  const auto cells = static_cast<std::size_t>(options.height) * static_cast<std::size_t>(options.width);
  std::size_t cell = 0;
  for (int r = 0; r < options.height; ++r) {
    const RowBits row = bank.tier == Tier::small ? small_row(state, e, r) : large_row(state, e, bank.words, r);
    for (int column = 0; column < options.width; ++column, ++cell) {
      const unsigned facts = facts_at(row, column);
      if (observation == Observation::planes4) {
        put<4>(out, layout, cell, cells, [&](std::size_t plane) { return static_cast<std::uint8_t>(facts >> plane & 1); });
      } else if (observation == Observation::rgb) {
        const std::uint8_t* colour = kCellColours[kCodeOf[facts]];
        put<3>(out, layout, cell, cells, [&](std::size_t channel) { return colour[channel]; });
      } else {
        out[cell] = kCodeOf[facts];
      }
    }
  }
}

void render(Executor& executor, const LevelBankView& bank, const EnvOptions& options, const EnvStateView& state,
            Observation observation, Layout layout, std::uint8_t* out) {
  const std::size_t bytes = observation_bytes(observation, bank.tier, options.height, options.width);
  for_chunks(executor, state.count, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t e = begin; e < end; ++e)
      draw_board(bank, options, state, e, observation, layout, out + static_cast<std::size_t>(e) * bytes);
  });
}

}  // namespace boxwarp::cpu
