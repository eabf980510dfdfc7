// Pictures of boards in vectors of bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/env/drawing.hpp"

namespace boxwarp::cpu {

// Cells are drawn so many at once, those of a board's end with some of those before them once more: a picture has at least
// as many.
inline constexpr std::size_t kCellsAtOnce = 32;
inline constexpr std::size_t kWideCellsAtOnce = 64;  // where that makes half as many blocks

// Where the cells of a picture of H x W cells lie in the words of a board of the small tier.
struct Stencil {
  struct Block {
    std::size_t first;                               // cell
    alignas(64) std::uint8_t row[kWideCellsAtOnce];  // of the interior, which is a byte of the word; 0x80: not of it
    alignas(64) std::uint8_t bit[kWideCellsAtOnce];  // of that byte
  };
  int height = 0, width = 0;
  std::size_t cells_at_once = kCellsAtOnce;  // of a block: kCellsAtOnce or kWideCellsAtOnce
  std::size_t blocks = 0;
  Block block[kLargestSize * kLargestSize / kCellsAtOnce];
};

// For H * W of at least kCellsAtOnce.
void make_stencil(int height, int width, Stencil& stencil);

// Boards begin..end of the small tier as bytes, channel by channel; out: (end - begin, C, H, W).
void draw_small(const EnvStateView& state, std::int64_t begin, std::int64_t end, const Stencil& stencil,
                const Palette& palette, int channels, std::uint8_t* out);

// out[i] = byte codes[i] of table, for `cells` codes of 0 to 7; at least kCellsAtOnce of them.
void look_up(const std::uint8_t* codes, std::size_t cells, std::uint64_t table, std::uint8_t* out);

}  // namespace boxwarp::cpu
