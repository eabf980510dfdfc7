// What a block draws with: some of its boards chosen, and the codes of their cells in shared memory, four bits a cell.
#pragma once

#include "kernels/dialect.cuh"
#include "kernels/env/brush.hpp"
#include "kernels/env/device_ops.cuh"

namespace boxwarp::DEVICE {

inline constexpr std::uint32_t kTileWords = 1664;
inline constexpr std::uint32_t kTileCells = 8 * kTileWords;  // 133 boards of 10x10, or 3 of 64x64

struct DrawTile {
  union {  // codes of the cells of some boards, board behind board, four bits a cell, the first lowest
    std::uint32_t words[kTileWords];
    std::uint16_t groups[2 * kTileWords];
  };
  std::uint8_t planes[3][kEnvThreads][kSmallInterior];               // of a small board: CodeBits of its interior
  std::uint64_t table[8];                                            // Brush::table
  std::uint32_t dots[kCellCodes][kTileDots][2 * kTileDots * 3 / 4];  // of tiles: a row of pixels for each row of dots
  unsigned chosen;
  std::uint8_t list[kEnvThreads];
};

// Some boards of a block, in the order of the list; without one, its first boards.
struct Chosen {
  int count;
  const std::uint8_t* list;

  __device__ unsigned board(unsigned i) const { return list == nullptr ? i : list[i]; }
};

// The boards whose threads ask for it, in any order. The whole block calls this, count of its threads having a board.
__device__ inline Chosen chosen(DrawTile& tile, bool asked, int count) {
  __syncthreads();
  if (threadIdx.x == 0) tile.chosen = 0;
  __syncthreads();
  if (asked) tile.list[atomicAdd(&tile.chosen, 1u)] = static_cast<std::uint8_t>(threadIdx.x);
  __syncthreads();
  const auto found = static_cast<int>(tile.chosen);
  return {found, found == count ? nullptr : tile.list};
}

// ---- codes

__device__ inline unsigned code_of(const DrawTile& tile, std::uint32_t cell) {  // cell: of all boards in the tile
  return tile.words[cell / 8] >> cell % 8 * 4 & 0xf;
}

// Adds the codes of eight neighbouring cells from `cell` on. Those beyond a board's end must be 0, which is wall: their
// places are the next board's.
__device__ inline void put(DrawTile& tile, std::uint32_t cell, std::uint32_t codes) {
  const std::uint64_t digits = std::uint64_t{codes} << cell % 8 * 4;
  const auto low = static_cast<std::uint32_t>(digits), high = static_cast<std::uint32_t>(digits >> 32);
  if (low != 0) atomicOr(&tile.words[cell / 8], low);
  if (high != 0) atomicOr(&tile.words[cell / 8 + 1], high);
}

// Row `item % 8` of the interior of the small board `item / 8` in the tile, out of its planes.
__device__ inline void put_small_row(DrawTile& tile, const Brush& brush, unsigned item) {
  const unsigned i = item / kSmallInterior, row = item % kSmallInterior;
  const std::uint32_t codes =
      spread(tile.planes[0][i][row]) | spread(tile.planes[1][i][row]) << 1 | spread(tile.planes[2][i][row]) << 2;
  put(tile, i * brush.cells + (row + 1) * static_cast<unsigned>(brush.width) + 1, codes);
}

// Eight cells of a row of a large board.
__device__ inline void put_large_chunk(const LevelBankView& bank, const EnvStateView& state, DrawTile& tile,
                                       const Brush& brush, std::int64_t e, unsigned i, unsigned chunk) {
  const auto width = static_cast<unsigned>(brush.width);
  const unsigned in_row = (width + 7) / 8, row = chunk / in_row, column = chunk % in_row * 8, left = width - column;
  const std::uint32_t codes =
      eight_codes(code_bits(row_of(bank, state, e, static_cast<int>(row))), static_cast<int>(column));
  put(tile, i * brush.cells + row * width + column, left < 8 ? codes & ((1u << 4 * left) - 1) : codes);
}

// The codes of boards begin..begin+count of those chosen to the tile. Ends with a barrier.
__device__ inline void put_codes(const LevelBankView& bank, const EnvStateView& state, const Brush& brush, DrawTile& tile,
                                 std::int64_t first, const Chosen& boards, unsigned begin, unsigned count) {
  for (unsigned word = threadIdx.x; word < (count * brush.cells + 7) / 8; word += blockDim.x) tile.words[word] = 0;
  if (bank.tier == Tier::small) {
    if (threadIdx.x < count) {
      const std::int64_t e = first + boards.board(begin + threadIdx.x);
      const CodeBits codes = code_bits({state.walls[e], state.targets[e], state.boxes[e], state.player[e]});
      for (int k = 0; k < 3; ++k) *reinterpret_cast<std::uint64_t*>(tile.planes[k][threadIdx.x]) = codes.bit[k];
    }
    __syncthreads();
    for (unsigned item = threadIdx.x; item < count * kSmallInterior; item += blockDim.x) put_small_row(tile, brush, item);
  } else {
    __syncthreads();
    const unsigned chunks = static_cast<unsigned>(brush.height) * ((static_cast<unsigned>(brush.width) + 7) / 8);
    for (unsigned item = threadIdx.x; item < count * chunks; item += blockDim.x) {
      const unsigned i = item / chunks;
      put_large_chunk(bank, state, tile, brush, first + boards.board(begin + i), i, item % chunks);
    }
  }
  __syncthreads();
}

}  // namespace boxwarp::DEVICE
