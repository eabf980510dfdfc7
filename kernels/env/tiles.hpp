// Drawn tiles: what the seven cells look like in `pixels`, eight by eight dots from a small box of colours.
#pragma once

#include "kernels/env/env.hpp"

namespace boxwarp {

inline constexpr int kTileDots = 8;  // of a drawing in each direction; a tile of 16 pixels shows each dot as 2x2

struct Tiles {
  std::uint32_t dots[kCellCodes][kTileDots];  // by cell code and row; highest hexadecimal digit leftmost: a colour's number
  std::uint32_t colours[16];                  // 0xRRGGBB
};

inline constexpr Tiles kTiles{
    .dots = {{0x11101111, 0x11101111, 0x00000000, 0x11111110, 0x11111110, 0x00000000, 0x11101111, 0x00000000},  // bricks
             {0x22222222, 0x22232222, 0x22222222, 0x22222222, 0x22222222, 0x23222232, 0x22222222, 0x22222222},
             {0x22222222, 0x22244222, 0x22422422, 0x24222242, 0x24222242, 0x22422422, 0x22244222, 0x22222222},  // a ring
             {0x88888888, 0x87777778, 0x87877878, 0x87788778, 0x87788778, 0x87877878, 0x87777778, 0x88888888},  // a crate
             {0x66666666, 0x65555556, 0x65655656, 0x65566556, 0x65566556, 0x65655656, 0x65555556, 0x66666666},
             {0x222bb222, 0x22bbbb22, 0x22aaaa22, 0x222aa222, 0x29999992, 0x22999922, 0x22999922, 0x22b22b22},  // somebody
             {0x444bb444, 0x44bbbb44, 0x44aaaa44, 0x444aa444, 0x49999994, 0x44999944, 0x44999944, 0x44b44b44}},
    .colours = {0x3b2f2f, 0x8b5a3c, 0xf3f8ee, 0xe0e5d8, 0xfe7e7d, 0xd9a560, 0x8e7938, 0xfe8f60, 0xb03a1c, 0x7fae28, 0xf2c89b,
                0x222222, 0, 0, 0, 0}};

// Red, green or blue (channel 0, 1, 2) of the pixel at row y and column x of a tile of size 8 or 16.
HOST_DEVICE constexpr std::uint8_t tile_value(const Tiles& tiles, unsigned code, int tile, int y, int x, int channel) {
  const int zoom = tile / kTileDots;
  const std::uint32_t colour = tiles.dots[code][y / zoom] >> 4 * (kTileDots - 1 - x / zoom) & 0xf;
  return static_cast<std::uint8_t>(tiles.colours[colour] >> 8 * (2 - channel));
}

}  // namespace boxwarp
