// What a picture of a board is made of, worked out once for each launch.
#pragma once

#include "kernels/env/drawing.hpp"
#include "kernels/env/tiles.hpp"

namespace boxwarp {

// Division by a number that is known at launch, as a product and a shift (Granlund, Montgomery 1994, "Division by invariant
// integers using multiplication"); of numbers below 2^31.
struct Divisor {
  std::uint32_t number, multiplier, shift;

  HOST_DEVICE constexpr std::uint32_t quotient(std::uint32_t n) const {
    return (static_cast<std::uint32_t>(std::uint64_t{multiplier} * n >> 32) + n) >> shift;
  }
};

constexpr Divisor divisor_of(std::uint32_t number) {  // at least 1
  std::uint32_t shift = 0;
  while (std::uint64_t{1} << shift < number) ++shift;
  const std::uint64_t multiplier = (((std::uint64_t{1} << shift) - number) << 32) / number + 1;
  return {.number = number, .multiplier = static_cast<std::uint32_t>(multiplier), .shift = shift};
}
static_assert(divisor_of(1).quotient(0x7fffffff) == 0x7fffffff && divisor_of(75).quotient(74) == 0);
static_assert(divisor_of(75).quotient(75) == 1 && divisor_of(641).quotient(0x7fffffff) == 0x7fffffff / 641);

// How the values of a picture lie.
enum class Order : std::uint8_t {
  by_channel,  // each channel's cells together
  by_cell,     // each cell's channels together
  tiles,       // pixels of drawn tiles
};

// A picture is read in quads, four values in a row, where none of them runs over the end of a channel or picture.
struct Brush {
  Order order;
  Element element;
  bool in_quads;
  int height, width;       // H, W
  std::uint32_t cells;     // H * W
  std::uint32_t channels;  // C
  std::uint32_t values;    // of a picture
  std::uint32_t bytes;     // of a picture
  Divisor by_picture;      // values of a picture: all of them, or quads
  Divisor by_part;         // values of a channel or cell, or quads of a channel; of tiles: quads of a tile's row
  Divisor by_width;        // W
  int tile;                // height and width of a cell of pixels
  std::uint64_t table[8];  // by_channel: of a channel, a byte for each code; by_cell: of a code, a byte for each channel
  Tiles tiles;

  // What the address of a picture must be a multiple of; sixteen is best.
  HOST_DEVICE constexpr std::size_t alignment() const {
    return channels == 0 ? sizeof(std::uint64_t) : in_quads ? 4 : bytes_of(element);
  }
};

constexpr Brush brush_of(const ObservationFormat& format, Tier tier, int height, int width) {
  const bool is_pixels = format.kind == Observation::pixels;
  Brush brush{};
  brush.order = is_pixels                                                           ? Order::tiles
                : format.layout == Layout::hwc && format.kind != Observation::cells ? Order::by_cell
                                                                                    : Order::by_channel;
  brush.element = element_of(format);
  brush.height = height;
  brush.width = width;
  brush.cells = static_cast<std::uint32_t>(height * width);
  brush.channels = static_cast<std::uint32_t>(channels_of(format.kind));
  brush.tile = format.tile;
  brush.values = brush.cells * brush.channels * (is_pixels ? static_cast<std::uint32_t>(format.tile * format.tile) : 1);
  brush.bytes = static_cast<std::uint32_t>(observation_bytes(format, tier, height, width));
  brush.in_quads = brush.order == Order::by_channel ? brush.cells % 4 == 0 : brush.values % 4 == 0;
  const std::uint32_t each = brush.in_quads ? 4 : 1;
  brush.by_picture = divisor_of(brush.values == 0 ? 1 : brush.values / each);
  const std::uint32_t part = brush.order == Order::by_channel ? brush.cells / each
                             : brush.order == Order::by_cell  ? brush.channels
                                                              : static_cast<std::uint32_t>(format.tile) * 3 / 4;
  brush.by_part = divisor_of(part == 0 ? 1 : part);
  brush.by_width = divisor_of(static_cast<std::uint32_t>(width));
  const Palette& palette = kPalettes[static_cast<int>(format.kind)];
  for (int channel = 0; channel < kCellCodes; ++channel) {
    for (unsigned code = 0; code < kCellCodes; ++code) {
      const std::uint64_t value = value_in(palette, channel, code);
      if (brush.order == Order::by_channel)
        brush.table[channel] |= value << 8 * code;
      else
        brush.table[code] |= value << 8 * channel;
    }
  }
  brush.tiles = kTiles;
  return brush;
}

}  // namespace boxwarp
