// Where things lie in the tiles of the fused network: cells in planes, operands and sums in the order of tensor-core
// fragments. Pure functions; a board's tile is the same in shared and in global memory.
//
// Tile: planes of eight channels, [channel / 8][cell][channel % 8] in bf16, 16 bytes for each cell and plane. The cells of a
// plane are the board's rows one after another with a margin of zeros: rows above and below, and between two rows as many
// columns as the larger margin has, which serve the end of one row and the start of the next. So a tap of a convolution is a
// constant distance, whatever the cell, and eight neighbouring cells of a plane are 128 contiguous bytes: a phase of
// ldmatrix meets every bank of shared memory once.
//
// Product rows: row r of a product is cell origin + r, from the first cell of the board on, margins between rows included;
// what comes out for those is dropped. Rows are taken 16 at a time (m-tiles).
#pragma once

#include <cstdint>

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

inline constexpr int kPlaneChannels = 8;  // of a plane, and columns of a sum's tile
inline constexpr int kTileRows = 16;      // of an m-tile
inline constexpr int kTileDepth = 16;     // operands that one tensor-core product sums over
inline constexpr int kGateCount = 4;      // i, j, f, o
inline constexpr int kTapCount = 9;       // of the cell's convolutions, 3 * (dy + 1) + dx + 1

struct CellTile {
  int height, width;
  int before, after;  // margins: how far a kernel reaches up and left, and down and right
  int m_tiles;        // at least needed_m_tiles()

  HOST_DEVICE constexpr int pitch() const { return width + (before > after ? before : after); }
  HOST_DEVICE constexpr int needed_m_tiles() const { return ((height - 1) * pitch() + width + kTileRows - 1) / kTileRows; }
  HOST_DEVICE constexpr int rows() const { return kTileRows * m_tiles; }
  HOST_DEVICE constexpr int origin() const { return before * (pitch() + 1); }
  // Of a plane: what all taps of all product rows reach.
  HOST_DEVICE constexpr int cells() const { return rows() + (before + after) * (pitch() + 1); }
  HOST_DEVICE constexpr int elements(int channels) const { return channels * cells(); }

  HOST_DEVICE constexpr int row(int y, int x) const { return y * pitch() + x; }
  HOST_DEVICE constexpr int cell(int y, int x) const { return origin() + row(y, x); }
  HOST_DEVICE constexpr int y_of(int row) const { return row / pitch(); }
  HOST_DEVICE constexpr int x_of(int row) const { return row % pitch(); }
  HOST_DEVICE constexpr bool on_board(int row) const { return x_of(row) < width && y_of(row) < height; }
  // How many cells further a tap reads.
  HOST_DEVICE constexpr int offset(int dy, int dx) const { return dy * pitch() + dx; }
  HOST_DEVICE constexpr int offset(int tap) const { return offset(tap / 3 - 1, tap % 3 - 1); }

  // Of an element of the tile.
  HOST_DEVICE constexpr int at(int channel, int cell) const {
    return (channel / kPlaneChannels * cells() + cell) * kPlaneChannels + channel % kPlaneChannels;
  }
};

// States, gates and e: what 3x3 convolutions read.
HOST_DEVICE constexpr CellTile state_tile(int height, int width, int m_tiles) { return {height, width, 1, 1, m_tiles}; }

// Output of the first encoder layer: what the second, of size kernel, reads; SAME padding is (kernel - 1) / 2 before, the
// rest after. For its gradient the margins change places.
HOST_DEVICE constexpr CellTile encoder_tile(int height, int width, int kernel) {
  CellTile tile{height, width, (kernel - 1) / 2, kernel / 2, 0};
  tile.m_tiles = tile.needed_m_tiles();
  return tile;
}

// ---- left operands: ldmatrix .x4 of 16 cells and 16 channels

// The cell and the channel whose 16 bytes a lane brings, from the first cell and channel of the 16x16.
HOST_DEVICE constexpr int left_cell(int lane) { return lane % 8 + lane / 8 % 2 * 8; }
HOST_DEVICE constexpr int left_channel(int lane) { return lane / 16 * kPlaneChannels; }

// ---- right operands: weights, packed so that a lane loads its fragments of all n-tiles of its warp with few wide loads

// Operands of [k-tile][warp][vector][lane][registers of a vector]; a warp has n_tiles of 16x8. Elements are of 2 bytes.
struct RightOrder {
  int warps, n_tiles;

  HOST_DEVICE constexpr int vector() const { return n_tiles == 1 ? 2 : 4; }  // registers of one load
  HOST_DEVICE constexpr int warp_elements() const { return n_tiles * kTileDepth * kPlaneChannels; }
  HOST_DEVICE constexpr int tile_elements() const { return warps * warp_elements(); }  // of a k-tile
  // Of row k (0 to 15) and column n (0 to 7) of n-tile j of a warp.
  HOST_DEVICE constexpr int at(int k_tile, int warp, int j, int k, int n) const {
    const int lane = n * 4 + k % 8 / 2, reg = 2 * j + k / 8;
    const int in_warp = (reg / vector() * 32 + lane) * vector() + reg % vector();
    return k_tile * tile_elements() + warp * warp_elements() + 2 * in_warp + k % 2;
  }
  // The other way.
  struct Place {
    int k_tile, warp, j, k, n;
  };
  HOST_DEVICE constexpr Place place(int element) const {
    const int in_warp = element % warp_elements() / 2, lane = in_warp / vector() % 32;
    const int reg = in_warp / vector() / 32 * vector() + in_warp % vector();
    return {element / tile_elements(), element / warp_elements() % warps, reg / 2, reg % 2 * 8 + lane % 4 * 2 + element % 2,
            lane / 4};
  }
};

// ---- weights as left operands of warpgroups (kernels/warpgroup.cuh)

inline constexpr int kWarpgroupWarps = 4;
inline constexpr int kWarpgroupRows = 64;  // of the left operand and of the sums

// [k-tile][k / 8][row][k % 8]: rows are gate channels, 128 for each 32 channels, in such an order that a lane's four rows of
// two products are the gates of one channel: first 64 of i and j, then 64 of f and o; of those 16 for each eight channels.
struct WarpgroupOrder {
  int channels;

  HOST_DEVICE constexpr int rows() const { return kGateCount * channels; }
  HOST_DEVICE constexpr int tile_elements() const { return kTileDepth * rows(); }  // of a k-tile
  HOST_DEVICE constexpr int row(int gate, int channel) const {
    return channel / 32 * 128 + gate / 2 * 64 + channel % 32 / 8 * 16 + gate % 2 * 8 + channel % 8;
  }
  HOST_DEVICE constexpr int at(int k_tile, int k, int gate, int channel) const {
    return k_tile * tile_elements() + (k / 8 * rows() + row(gate, channel)) * 8 + k % 8;
  }
  // The other way.
  struct Place {
    int k_tile, k, gate, channel;
  };
  HOST_DEVICE constexpr Place place(int element) const {
    const int row = element / 8 % rows();
    return {element / tile_elements(), element / 8 / rows() % 2 * 8 + element % 8, row / 64 % 2 * 2 + row / 8 % 2,
            row / 128 * 32 + row / 16 % 4 * 8 + row % 8};
  }
};

// ---- sums: fragments of [warp][m-tile][lane][column group][4 values], warp w has channels 8 w to 8 w + 7

// Which values a lane holds of row r and channel c (TileC of kernels/collective.cuh).
HOST_DEVICE constexpr int sum_lane(int row, int channel) { return row % 8 * 4 + channel % 8 / 2; }
HOST_DEVICE constexpr int sum_value(int row, int channel) { return row / 8 % 2 * 2 + channel % 2; }
// The other way: value v of a lane in m-tile m.
HOST_DEVICE constexpr int sum_row(int m, int lane, int value) { return m * kTileRows + value / 2 * 8 + lane / 4; }
HOST_DEVICE constexpr int sum_channel(int warp, int lane, int value) {
  return warp * kPlaneChannels + lane % 4 * 2 + value % 2;
}

// groups: 1 for a state, kGateCount for gates.
struct SumOrder {
  int m_tiles, groups;

  HOST_DEVICE constexpr int elements(int channels) const { return channels * kTileRows * m_tiles * groups; }
  // Of the first of a lane's values in an m-tile: groups * 4 contiguous ones.
  HOST_DEVICE constexpr int lane_at(int warp, int m, int lane) const {
    return ((warp * m_tiles + m) * 32 + lane) * groups * 4;
  }
  HOST_DEVICE constexpr int at(int row, int channel, int group) const {
    return lane_at(channel / kPlaneChannels, row / kTileRows, sum_lane(row, channel)) + group * 4 + sum_value(row, channel);
  }
};

// The state c of a board whose gates come from warpgroups: [warp][m-tile][lane][4 values], a lane has one channel of four
// cells.
struct WarpgroupSumOrder {
  int m_tiles;

  HOST_DEVICE constexpr int lane_at(int warp, int m, int lane) const { return ((warp * m_tiles + m) * 32 + lane) * 4; }
  HOST_DEVICE constexpr int at(int row, int channel) const {
    return lane_at(channel / kPlaneChannels, row / kTileRows, channel % 8 * 4 + row % 8 / 2) + row / 8 % 2 * 2 + row % 2;
  }
};

// The product row and the channel of value v of such a lane in m-tile m.
HOST_DEVICE constexpr int warpgroup_row(int m, int lane, int value) {
  return m * kTileRows + value / 2 * 8 + lane % 4 * 2 + value % 2;
}
HOST_DEVICE constexpr int warpgroup_channel(int warp, int lane) { return warp * kPlaneChannels + lane / 4; }

// ---- spatial classes: what a 3x3 convolution does to a map that is the same in every cell

inline constexpr int kClassCount = 9;  // 3 * (first, inner or last row) + (first, inner or last column)

// Boards have two rows and two columns at least.
HOST_DEVICE constexpr int class_of(int y, int x, int height, int width) {
  const int row = y == 0 ? 0 : y == height - 1 ? 2 : 1, column = x == 0 ? 0 : x == width - 1 ? 2 : 1;
  return 3 * row + column;
}

// What a product row is: a cell of a class, or none.
struct ProductRow {
  static constexpr int kNone = 255;

  std::uint8_t spatial_class, cell;  // cell: y * W + x

  HOST_DEVICE constexpr bool is_cell() const { return spatial_class != kNone; }
};

HOST_DEVICE constexpr ProductRow row_of(const CellTile& tile, int row) {
  if (!tile.on_board(row)) return {ProductRow::kNone, 0};
  const int y = tile.y_of(row), x = tile.x_of(row);
  return {static_cast<std::uint8_t>(class_of(y, x, tile.height, tile.width)), static_cast<std::uint8_t>(y * tile.width + x)};
}

// Whether a tap of a cell of that class lies on the board.
HOST_DEVICE constexpr bool class_has_tap(int spatial_class, int tap) {
  const int row = spatial_class / 3, column = spatial_class % 3;
  return tap / 3 != (row == 0 ? 0 : row == 2 ? 2 : -1) && tap % 3 != (column == 0 ? 0 : column == 2 ? 2 : -1);
}

// The taps that do, a bit each.
HOST_DEVICE constexpr unsigned class_taps(int spatial_class) {
  unsigned taps = 0;
  for (int tap = 0; tap < 9; ++tap) taps |= static_cast<unsigned>(class_has_tap(spatial_class, tap)) << tap;
  return taps;
}
static_assert(class_taps(4) == 0x1ff && class_taps(8) == 0b000'011'011, "inside of the board, in its last corner");

static_assert(state_tile(10, 10, 7).needed_m_tiles() == 7 && state_tile(10, 10, 7).cells() == 136);
static_assert(state_tile(7, 7, 4).needed_m_tiles() == 4);
static_assert(state_tile(10, 10, 7).cell(0, 0) + state_tile(10, 10, 7).offset(0) == 0, "the first tap of the first cell");
static_assert(state_tile(10, 10, 7).cell(0, 9) + 2 == state_tile(10, 10, 7).cell(1, 0), "one column between two rows");

}  // namespace boxwarp
