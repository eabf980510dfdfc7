// A block draws its boards: the codes of their cells go to shared memory first (draw_tile.cuh), then the block writes the
// values of several boards in order, sixteen bytes a thread, so that stores are whole however many bytes a board has.
//
// Work of a board of 10x10 as rgb: 8 rows of 8 cells into codes, 75 quads out of them, 300 bytes written.
#pragma once

#include <stdexcept>
#include <string>

#include "kernels/env/draw_tile.cuh"

namespace boxwarp::DEVICE {

// Throws std::invalid_argument.
inline void demand_aligned(const Brush& brush, const void* pictures, const char* name) {
  if (reinterpret_cast<std::uintptr_t>(pictures) % brush.alignment() != 0)
    throw std::invalid_argument(std::string(name) + ": must be aligned to " + std::to_string(brush.alignment()) + " bytes");
}

// ---- values

// Goes through the quads of the tile's pictures: four values each, a byte each, the first lowest.
template <Order kOrder>
struct QuadCursor {
  std::uint32_t board, at;  // quad `at` of the picture of board `board` in the tile

  __device__ QuadCursor(const Brush& brush, std::uint32_t quad)
      : board(brush.by_picture.quotient(quad)), at(quad - board * brush.by_picture.number) {}

  __device__ void advance(const Brush& brush) {
    if (++at < brush.by_picture.number) return;
    at = 0;
    ++board;
  }

  __device__ std::uint32_t values(const Brush& brush, const DrawTile& tile) const {
    const std::uint32_t first = board * brush.cells;
    if constexpr (kOrder == Order::by_cell) {  // of one cell or two
      const std::uint32_t cell = brush.by_part.quotient(4 * at), channel = 4 * at - cell * brush.channels;
      const std::uint32_t next = cell + 1 < brush.cells ? cell + 1 : cell;
      const std::uint64_t here = tile.table[code_of(tile, first + cell)] >> 8 * channel;
      const std::uint64_t there = tile.table[code_of(tile, first + next)] << 8 * (brush.channels - channel);
      return static_cast<std::uint32_t>(here | there);
    } else {  // a part of a row of a tile
      const std::uint32_t line = brush.by_part.quotient(at), part = at - line * brush.by_part.number;
      const std::uint32_t y = brush.by_width.quotient(line), column = line - y * brush.by_width.number;
      const auto size = static_cast<std::uint32_t>(brush.tile);
      const unsigned code = code_of(tile, first + y / size * brush.by_width.number + column);
      return tile.dots[code][y % size / (size / kTileDots)][part];
    }
  }
};

// Four cells of one channel: their codes are the selector that takes their values out of the channel's table.
template <>
struct QuadCursor<Order::by_channel> {
  std::uint32_t channel, group, codes;  // group of the channel, of all groups in the tile

  __device__ QuadCursor(const Brush& brush, std::uint32_t quad) {
    const std::uint32_t board = brush.by_picture.quotient(quad), at = quad - board * brush.by_picture.number;
    channel = brush.by_part.quotient(at);
    group = at - channel * brush.by_part.number;
    codes = board * brush.by_part.number + group;
  }

  __device__ void advance(const Brush& brush) {
    ++group;
    ++codes;
    if (group < brush.by_part.number) return;
    group = 0;
    ++channel;
    if (channel < brush.channels)
      codes -= brush.by_part.number;
    else
      channel = 0;
  }

  __device__ std::uint32_t values(const Brush&, const DrawTile& tile) const {
    const std::uint64_t table = tile.table[channel];
    return __byte_perm(static_cast<std::uint32_t>(table), static_cast<std::uint32_t>(table >> 32), tile.groups[codes]);
  }
};

// One value of a picture that has no quads.
__device__ inline std::uint32_t value_at(const Brush& brush, const DrawTile& tile, std::uint32_t board, std::uint32_t at) {
  const std::uint32_t part = brush.by_part.quotient(at), inside = at - part * brush.by_part.number;
  const bool by_channel = brush.order == Order::by_channel;
  const std::uint32_t channel = by_channel ? part : inside, cell = by_channel ? inside : part;
  const unsigned code = code_of(tile, board * brush.cells + cell);
  const std::uint64_t values = by_channel ? tile.table[channel] >> 8 * code : tile.table[code] >> 8 * channel;
  return static_cast<std::uint32_t>(values & 0xff);
}

// Fills what quads of tiles are taken from.
__device__ inline void prepare(const Brush& brush, DrawTile& tile) {
  if (threadIdx.x < 8) tile.table[threadIdx.x] = brush.table[threadIdx.x];
  if (brush.order != Order::tiles) return;
  const unsigned quads = brush.by_part.number, rows = kCellCodes * kTileDots;
  for (unsigned item = threadIdx.x; item < rows * quads; item += blockDim.x) {
    const unsigned row = item / quads, quad = item % quads, code = row / kTileDots, y = row % kTileDots;
    std::uint32_t bytes = 0;
    for (unsigned k = 0; k < 4; ++k) {
      const unsigned at = 4 * quad + k;
      bytes |= std::uint32_t{tile_value(brush.tiles, code, brush.tile, static_cast<int>(y) * (brush.tile / kTileDots),
                                        static_cast<int>(at / 3), static_cast<int>(at % 3))}
               << 8 * k;
    }
    tile.dots[code][y][quad] = bytes;
  }
}

// ---- stores

// Value k of a quad as an element.
__device__ inline std::uint32_t element_of(Element element, std::uint32_t quad, unsigned k) {
  return element_bits(element, static_cast<std::uint8_t>(quad >> 8 * k));
}

// Two values of a quad, from value `first` on, as bfloat16.
__device__ inline std::uint32_t bf16_pair(std::uint32_t quad, unsigned first) {
  return element_of(Element::bf16, quad, first) | element_of(Element::bf16, quad, first + 1) << 16;
}

// A quad to where it belongs, aligned to four bytes.
__device__ inline void store_quad(Element element, std::uint32_t quad, std::uint8_t* to) {
  auto* words = reinterpret_cast<std::uint32_t*>(to);
  if (element == Element::u8) {
    words[0] = quad;
  } else if (element == Element::bf16) {
    words[0] = bf16_pair(quad, 0);
    words[1] = bf16_pair(quad, 2);
  } else {
    for (unsigned k = 0; k < 4; ++k) words[k] = element_of(Element::f32, quad, k);
  }
}

// Sixteen bytes of pictures that lie one behind the other: four quads of bytes, two of bfloat16 or one of float.
template <Order kOrder>
__device__ uint4 sixteen_bytes(const Brush& brush, const DrawTile& tile, QuadCursor<kOrder> cursor) {
  const auto next = [&] {
    const std::uint32_t quad = cursor.values(brush, tile);
    cursor.advance(brush);
    return quad;
  };
  const std::uint32_t first = next();
  if (brush.element == Element::u8) {
    const std::uint32_t second = next(), third = next();
    return make_uint4(first, second, third, next());
  }
  if (brush.element == Element::bf16) {
    const std::uint32_t second = next();
    return make_uint4(bf16_pair(first, 0), bf16_pair(first, 2), bf16_pair(second, 0), bf16_pair(second, 2));
  }
  constexpr Element f32 = Element::f32;
  return make_uint4(element_of(f32, first, 0), element_of(f32, first, 1), element_of(f32, first, 2),
                    element_of(f32, first, 3));
}

// Pictures of the tile's boards, which are boards begin..begin+count of those chosen; out: picture of the block's first.
template <Order kOrder>
__device__ void write_quads(const Brush& brush, const DrawTile& tile, const Chosen& boards, unsigned begin, unsigned count,
                            std::uint8_t* out) {
  const std::uint32_t quads = count * brush.by_picture.number,
                      size = 4 * static_cast<std::uint32_t>(bytes_of(brush.element));
  std::uint32_t whole = 0;  // quads that are written sixteen bytes at a time
  if (boards.list == nullptr) {
    std::uint8_t* to = out + std::size_t{begin} * brush.bytes;
    const std::uint32_t in_store = 16 / size;
    if (reinterpret_cast<std::uintptr_t>(to) % 16 == 0) whole = quads / in_store * in_store;
    for (std::uint32_t quad = in_store * threadIdx.x; quad < whole; quad += in_store * blockDim.x)
      *reinterpret_cast<uint4*>(to + quad * size) = sixteen_bytes(brush, tile, QuadCursor<kOrder>(brush, quad));
  }
  for (std::uint32_t quad = whole + threadIdx.x; quad < quads; quad += blockDim.x) {
    const std::uint32_t board = brush.by_picture.quotient(quad), at = quad - board * brush.by_picture.number;
    std::uint8_t* picture = out + std::size_t{boards.board(begin + board)} * brush.bytes;
    store_quad(brush.element, QuadCursor<kOrder>(brush, quad).values(brush, tile), picture + at * size);
  }
}

__device__ inline void write_values(const Brush& brush, const DrawTile& tile, const Chosen& boards, unsigned begin,
                                    unsigned count, std::uint8_t* out) {
  for (std::uint32_t i = threadIdx.x; i < count * brush.values; i += blockDim.x) {
    const std::uint32_t board = brush.by_picture.quotient(i), at = i - board * brush.values;
    const std::uint32_t bits = element_of(brush.element, value_at(brush, tile, board, at), 0);
    std::uint8_t* picture = out + std::size_t{boards.board(begin + board)} * brush.bytes;
    if (brush.element == Element::u8)
      picture[at] = static_cast<std::uint8_t>(bits);
    else if (brush.element == Element::bf16)
      reinterpret_cast<std::uint16_t*>(picture)[at] = static_cast<std::uint16_t>(bits);
    else
      reinterpret_cast<std::uint32_t*>(picture)[at] = bits;
  }
}

// packed: the words themselves, a thread for each.
__device__ inline void write_packed(const LevelBankView& bank, const EnvStateView& state, const Brush& brush,
                                    std::int64_t first, const Chosen& boards, std::uint8_t* out) {
  const bool small = bank.tier == Tier::small;
  const unsigned rows = small ? 1u : static_cast<unsigned>(brush.height), each = 4 * rows;
  for (unsigned item = threadIdx.x; item < static_cast<unsigned>(boards.count) * each; item += blockDim.x) {
    const unsigned board = boards.board(item / each), plane = item % each / rows, row = item % rows;
    const std::int64_t e = first + board;
    auto* words = reinterpret_cast<std::uint64_t*>(out) + std::size_t{board} * each + item % each;
    const RowBits bits = small ? RowBits{state.walls[e], state.targets[e], state.boxes[e], state.player[e]}
                               : row_of(bank, state, e, static_cast<int>(row));
    *words = plane == 0 ? bits.walls : plane == 1 ? bits.targets : plane == 2 ? bits.boxes : bits.player;
  }
}

// The chosen boards of a block whose first environment is `first`, each to its place in out: pictures of environment first
// and those behind it. The whole block calls this; begins and ends with a barrier.
__device__ inline void draw_boards(const LevelBankView& bank, const EnvStateView& state, const Brush& brush, DrawTile& tile,
                                   std::int64_t first, const Chosen& boards, std::uint8_t* out) {
  __syncthreads();
  if (brush.channels == 0) {
    write_packed(bank, state, brush, first, boards, out);
    __syncthreads();
    return;
  }
  prepare(brush, tile);
  const unsigned fit = kTileCells / brush.cells < kEnvThreads ? kTileCells / brush.cells : kEnvThreads,
                 total = static_cast<unsigned>(boards.count);
  for (unsigned begin = 0; begin < total; begin += fit) {
    const unsigned count = total - begin < fit ? total - begin : fit;
    put_codes(bank, state, brush, tile, first, boards, begin, count);
    if (!brush.in_quads)
      write_values(brush, tile, boards, begin, count, out);
    else if (brush.order == Order::by_channel)
      write_quads<Order::by_channel>(brush, tile, boards, begin, count, out);
    else if (brush.order == Order::by_cell)
      write_quads<Order::by_cell>(brush, tile, boards, begin, count, out);
    else
      write_quads<Order::tiles>(brush, tile, boards, begin, count, out);
    __syncthreads();
  }
}

}  // namespace boxwarp::DEVICE
