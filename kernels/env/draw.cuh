// A block draws its boards: codes of cells go to shared memory first, then the block writes the bytes of several boards in
// order, sixteen bytes a thread, so that stores are whole however many bytes a board has.
#pragma once

#include "kernels/dialect.cuh"
#include "kernels/env/drawing.hpp"
#include "kernels/env/tiles.hpp"

namespace boxwarp::DEVICE {

inline constexpr int kTileCells = 12'800;  // 128 boards of 10x10, or 3 of 64x64

struct DrawTile {
  std::uint8_t codes[kTileCells];  // (boards, H * W)
};

// What a picture is made of, worked out by the launcher.
struct Brush {
  ObservationFormat format;
  Palette palette;
  Tiles tiles;          // of pixels
  int height, width;    // H, W
  std::uint32_t cells;  // H * W
  std::uint32_t bytes;  // of one board
  int boards;           // that fit the tile at once
  bool by_words;        // four bytes of the picture are four neighbouring cells
};

inline Brush brush_of(const ObservationFormat& format, Tier tier, int height, int width) {
  const bool has_element = format.kind == Observation::planes || format.kind == Observation::planes4;
  Brush brush{.format = format,
              .palette = palette_of(format.kind),
              .tiles = kTiles,
              .height = height,
              .width = width,
              .cells = static_cast<std::uint32_t>(height * width),
              .bytes = static_cast<std::uint32_t>(observation_bytes(format, tier, height, width)),
              .boards = kTileCells / (height * width),
              .by_words = false};
  if (!has_element) brush.format.element = Element::u8;
  const bool planar =
      format.kind == Observation::cells || (format.layout == Layout::chw && format.kind != Observation::pixels);
  brush.by_words = planar && brush.format.element == Element::u8 && brush.cells % 4 == 0;
  return brush;
}

// Four cell codes, a byte each, as the selector of __byte_perm.
HOST_DEVICE constexpr std::uint32_t selector_of(std::uint32_t codes) {
  const std::uint32_t pairs = (codes | codes >> 4) & 0x00ff00ffu;
  return (pairs | pairs >> 8) & 0xffffu;
}
static_assert(selector_of(0x06050100u) == 0x6510u);

// Byte `at` of a board's picture, one by one.
__device__ inline std::uint8_t byte_at(const Brush& brush, const std::uint8_t* codes, std::uint32_t at) {
  const auto channels = static_cast<std::uint32_t>(channels_of(brush.format.kind));
  if (brush.format.kind == Observation::pixels) {
    const auto tile = static_cast<std::uint32_t>(brush.format.tile),
               columns = tile * static_cast<std::uint32_t>(brush.width);
    const std::uint32_t pixel = at / channels, y = pixel / columns, x = pixel % columns;
    const unsigned code = codes[y / tile * static_cast<std::uint32_t>(brush.width) + x / tile];
    return tile_value(brush.tiles, code, brush.format.tile, static_cast<int>(y % tile), static_cast<int>(x % tile),
                      static_cast<int>(at % channels));
  }
  const auto size = static_cast<std::uint32_t>(bytes_of(brush.format.element));
  const std::uint32_t value = at / size;
  const bool chw = brush.format.layout == Layout::chw;
  const std::uint32_t cell = chw ? value % brush.cells : value / channels;
  const std::uint32_t channel = chw ? value / brush.cells : value % channels;
  const std::uint8_t plain = value_in(brush.palette, static_cast<int>(channel), codes[cell]);
  return static_cast<std::uint8_t>(element_bits(brush.format.element, plain) >> 8 * (at % size));
}

// Four bytes of the pictures of the tile's boards, from byte `at` of the first on.
__device__ inline std::uint32_t word_at(const Brush& brush, const DrawTile& tile, std::uint32_t at) {
  if (brush.by_words) {
    const std::uint32_t board = at / brush.bytes, inside = at % brush.bytes;
    const std::uint32_t channel = inside / brush.cells, cell = inside % brush.cells;
    const std::uint64_t values = brush.palette.channel[channel];
    const auto* codes = reinterpret_cast<const std::uint32_t*>(tile.codes + board * brush.cells + cell);
    return __byte_perm(static_cast<std::uint32_t>(values), static_cast<std::uint32_t>(values >> 32), selector_of(*codes));
  }
  std::uint32_t word = 0;
  for (std::uint32_t k = 0; k < 4; ++k) {
    const std::uint32_t board = (at + k) / brush.bytes, inside = (at + k) % brush.bytes;
    word |= std::uint32_t{byte_at(brush, tile.codes + board * brush.cells, inside)} << 8 * k;
  }
  return word;
}

// The whole block draws boards first..first+count of the environment, count at most brush.boards, to out (count pictures,
// aligned to four bytes if a board's bytes are). Begins and ends with a barrier.
__device__ inline void draw_group(const LevelBankView& bank, const EnvStateView& state, const Brush& brush, DrawTile& tile,
                                  std::int64_t first, int count, std::uint8_t* out) {
  const unsigned threads = blockDim.x, thread = threadIdx.x;
  __syncthreads();
  const auto rows = static_cast<unsigned>(count * brush.height);
  for (unsigned item = thread; item < rows; item += threads) {
    const unsigned board = item / static_cast<unsigned>(brush.height), row = item % static_cast<unsigned>(brush.height);
    const RowBits bits = row_of(bank, state, first + board, static_cast<int>(row));
    std::uint8_t* codes = tile.codes + board * brush.cells + row * static_cast<unsigned>(brush.width);
    for (int column = 0; column < brush.width; ++column) codes[column] = code_at(bits, column);
  }
  __syncthreads();
  const std::uint32_t bytes = static_cast<std::uint32_t>(count) * brush.bytes;
  const bool aligned = reinterpret_cast<std::uintptr_t>(out) % 16 == 0;
  const std::uint32_t whole = aligned ? bytes / 16 * 16 : 0;
  for (std::uint32_t at = 16 * thread; at < whole; at += 16 * threads) {
    *reinterpret_cast<uint4*>(out + at) = make_uint4(word_at(brush, tile, at), word_at(brush, tile, at + 4),
                                                     word_at(brush, tile, at + 8), word_at(brush, tile, at + 12));
  }
  for (std::uint32_t at = whole + thread; at < bytes; at += threads) {
    const std::uint32_t board = at / brush.bytes;
    out[at] = byte_at(brush, tile.codes + board * brush.cells, at % brush.bytes);
  }
  __syncthreads();
}

// packed: the words themselves, a thread for each.
__device__ inline void draw_packed(const LevelBankView& bank, const EnvStateView& state, int height, std::int64_t first,
                                   int count, std::uint8_t* out) {
  auto* words = reinterpret_cast<std::uint64_t*>(out);
  const int rows = bank.tier == Tier::small ? 1 : height, each = 4 * rows;
  for (int item = static_cast<int>(threadIdx.x); item < count * each; item += static_cast<int>(blockDim.x)) {
    const std::int64_t e = first + item / each;
    const int plane = item % each / rows, row = item % rows;
    if (bank.tier == Tier::small) {
      const std::uint64_t* const words_of = plane == 0   ? state.walls
                                            : plane == 1 ? state.targets
                                            : plane == 2 ? state.boxes
                                                         : state.player;
      words[item] = words_of[e];
    } else {
      const RowBits bits = row_of(bank, state, e, row);
      words[item] = plane == 0 ? bits.walls : plane == 1 ? bits.targets : plane == 2 ? bits.boxes : bits.player;
    }
  }
}

// Boards first..first+count, any count; out: (count) pictures. The whole block calls this.
__device__ inline void draw_boards(const LevelBankView& bank, const EnvStateView& state, const Brush& brush, DrawTile& tile,
                                   std::int64_t first, int count, std::uint8_t* out) {
  if (brush.format.kind == Observation::packed) {
    __syncthreads();
    draw_packed(bank, state, brush.height, first, count, out);
    __syncthreads();
    return;
  }
  for (int begin = 0; begin < count; begin += brush.boards) {
    const int group = count - begin < brush.boards ? count - begin : brush.boards;
    draw_group(bank, state, brush, tile, first + begin, group, out + static_cast<std::size_t>(begin) * brush.bytes);
  }
}

}  // namespace boxwarp::DEVICE
