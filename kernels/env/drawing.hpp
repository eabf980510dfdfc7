// Boards as pictures, cell by cell: pure functions that every backend draws with. Both tiers are read as rows of the whole
// board, so each kind of picture is described once.
#pragma once

#include "kernels/env/env.hpp"

namespace boxwarp {

struct RowBits {  // one row of the whole board, bit = column
  std::uint64_t walls, targets, boxes, player;
};

// Row 0..H-1 of a board of the small tier, given as words of the interior.
HOST_DEVICE constexpr RowBits small_row(const Level& level, const Board& board, int row) {
  constexpr std::uint64_t rim = ~(std::uint64_t{0xff} << 1);  // all columns but the interior's eight
  if (row == 0 || row > kSmallInterior) return {~std::uint64_t{0}, 0, 0, 0};
  const int shift = kSmallInterior * (row - 1);
  return {(level.walls >> shift & 0xff) << 1 | rim, (level.targets >> shift & 0xff) << 1, (board.boxes >> shift & 0xff) << 1,
          (board.player >> shift & 0xff) << 1};
}

// Row 0..H-1 of environment e.
HOST_DEVICE constexpr RowBits row_of(const LevelBankView& bank, const EnvStateView& state, std::int64_t e, int row) {
  if (bank.tier == Tier::small) return small_row({state.walls[e], state.targets[e]}, {state.boxes[e], state.player[e]}, row);
  if (row >= bank.words) return {~std::uint64_t{0}, 0, 0, 0};
  const std::int64_t at = e * bank.words + row;
  const std::uint64_t player = state.player[e];
  const bool here = player / kLargestSize == static_cast<std::uint64_t>(row);
  return {state.walls[at], state.targets[at], state.boxes[at], here ? std::uint64_t{1} << player % kLargestSize : 0};
}

// The codes of many cells, bit = cell: bit[k] holds bit k of each code.
struct CodeBits {
  std::uint64_t bit[3];
};

HOST_DEVICE constexpr CodeBits code_bits(const RowBits& cells) {
  const std::uint64_t open = ~cells.walls;
  return {
      {~(cells.targets ^ cells.boxes) & open, cells.targets & open, ((cells.boxes & ~cells.targets) | cells.player) & open}};
}

// Eight bits, each the lowest of a digit of four bits.
HOST_DEVICE constexpr std::uint32_t spread(std::uint32_t bits) {
  bits = (bits | bits << 12) & 0x000f000fu;
  bits = (bits | bits << 6) & 0x03030303u;
  return (bits | bits << 3) & 0x11111111u;
}
static_assert(spread(0b10110010) == 0x10110010u);

// The codes of cells first..first+8, a digit of four bits each, the first lowest.
HOST_DEVICE constexpr std::uint32_t eight_codes(const CodeBits& codes, int first) {
  const auto digits = [&codes, first](int k) { return spread(static_cast<std::uint32_t>(codes.bit[k] >> first & 0xff)); };
  return digits(0) | digits(1) << 1 | digits(2) << 2;
}
// wall, floor, target, box on target, box, player, player on target
static_assert(eight_codes(code_bits({0b0000001, 0b1001100, 0b0011000, 0b1100000}), 0) == 0x16543210u);

// Eight bits, each a byte of 0 or 1: each is taken to its own byte, and a carry takes it to that byte's lowest bit.
HOST_DEVICE constexpr std::uint64_t spread_bytes(std::uint64_t bits) {
  const std::uint64_t apart = bits * 0x0101010101010101u & 0x8040201008040201u;
  return (apart + 0x00406070787c7e7fu) >> 7 & 0x0101010101010101u;
}
static_assert(spread_bytes(0b10110010) == 0x0100010100000100u && spread_bytes(0xff) == 0x0101010101010101u);

// The same as eight_codes, a byte each.
HOST_DEVICE constexpr std::uint64_t eight_code_bytes(const CodeBits& codes, int first) {
  const auto bytes = [&codes, first](int k) { return spread_bytes(codes.bit[k] >> first & 0xff); };
  return bytes(0) | bytes(1) << 1 | bytes(2) << 2;
}

// What the cells of a picture look like: byte c of channel[k] is the value that cell code c has in channel k.
struct Palette {
  std::uint64_t channel[kCellCodes];
};

constexpr std::uint8_t value_of(Observation kind, int channel, Cell cell) {
  const bool on_target = cell == Cell::target || cell == Cell::box_on_target || cell == Cell::player_on_target;
  const bool is_box = cell == Cell::box || cell == Cell::box_on_target;
  const bool is_player = cell == Cell::player || cell == Cell::player_on_target;
  switch (kind) {
    case Observation::rgb: return kCellColours[static_cast<int>(cell)][channel];
    case Observation::planes: return static_cast<int>(cell) == channel;
    case Observation::planes4:
      return channel == 0 ? cell == Cell::wall : channel == 1 ? on_target : channel == 2 ? is_box : is_player;
    default: return static_cast<std::uint8_t>(cell);
  }
}

constexpr Palette palette_of(Observation kind) {
  Palette palette{};
  for (int channel = 0; channel < channels_of(kind); ++channel)
    for (int code = 0; code < kCellCodes; ++code)
      palette.channel[channel] |= std::uint64_t{value_of(kind, channel, static_cast<Cell>(code))} << 8 * code;
  return palette;
}

// palette_of each kind, by its number.
inline constexpr Palette kPalettes[] = {palette_of(Observation::none),    palette_of(Observation::rgb),
                                        palette_of(Observation::planes4), palette_of(Observation::packed),
                                        palette_of(Observation::cells),   palette_of(Observation::planes),
                                        palette_of(Observation::pixels)};

HOST_DEVICE constexpr std::uint8_t value_in(const Palette& palette, int channel, unsigned code) {
  return static_cast<std::uint8_t>(palette.channel[channel] >> 8 * code);
}

// What the values of a picture are: only planes have a choice.
HOST_DEVICE constexpr Element element_of(const ObservationFormat& format) {
  const bool has_choice = format.kind == Observation::planes || format.kind == Observation::planes4;
  return has_choice ? format.element : Element::u8;
}

// The bits of 0 or 1 as an element of planes.
HOST_DEVICE constexpr std::uint32_t element_bits(Element element, std::uint8_t value) {
  if (element == Element::u8 || value == 0) return value;
  return element == Element::bf16 ? 0x3f80u : 0x3f800000u;
}

}  // namespace boxwarp
