// The shared memory of a block of conv_lstm_forward: a ring of weights for all boards, then what each board needs.
#pragma once

#include <cstddef>

#include "kernels/net/fused_memory.hpp"

namespace boxwarp {

inline constexpr int kStagesAhead = 2;    // of weights under way while one is read
inline constexpr int kForwardWarps = 12;  // of a block at most: three boards of 32 channels at 168 registers a thread
inline constexpr std::size_t kLeastSharedBytes = 99 * 1024;  // that a block gets on every supported device (8.6, 8.9, 12.0)
inline constexpr std::size_t kHopperSharedBytes = 227 * 1024;  // on those that have warpgroups

// Where a warp leaves what is kept of one layer of one tick. Found once, and read from shared memory wherever it is needed:
// registers are scarce there.
struct KeptPlaces {
  Bf16 *hidden, *cells, *gates;
  const Bf16* skip;
  Bf16* features;
  std::size_t unused;  // a multiple of 16 bytes
};

// Numbers, not functions: a kernel takes them from its arguments, and keeps none in registers.
struct ConvLstmTile {
  // Of a tile of h, in elements:
  int row_pitch;  // from a cell to that below
  int plane;      // from eight channels to the next
  int tile;       // from a layer to the next
  int origin;     // of the first product row's cell

  // Of the ring:
  int k_tile, stage;                              // elements
  int stage_k_tiles;                              // that arrive together
  int injected_stages, layer_stages, all_stages;  // of q; of a layer, those of q first; of all layers
  int lag;                                        // stages by which each board of a block is behind the one before it
  int ring;                                       // stages that have room

  // Bytes from the beginning of the block's memory, multiples of 16:
  int rows, boards;  // what each product row is; the first board

  // Bytes from the beginning of a board's, the tiles of h (D, tile) being first:
  int classes;      // (kClassCount, 4C) float
  int pooled;       // (D, 3, C) float
  int injected;     // (D, C) bf16
  int places;       // of each warp
  int board_bytes;  // of all

  HOST_DEVICE constexpr int bytes(int boards_each) const { return boards + boards_each * board_bytes; }
};

inline constexpr int kWarpgroupKTiles = 3;  // of a stage where warpgroups multiply; a layer has an even number of stages

// Weights that arrive together: both kinds of k-tiles are multiples of nine; fewer at a time where they are large.
HOST_DEVICE constexpr int few_k_tiles(const FusedShape& shape) {
  return shape.warpgroups ? kWarpgroupKTiles : shape.channels > 32 ? 1 : 3;
}

// Barriers between the gates of a layer, for each two m-tiles one.
HOST_DEVICE constexpr int gate_barriers(int m_tiles) { return (m_tiles + 1) / 2; }

HOST_DEVICE constexpr ConvLstmTile conv_lstm_tile(const FusedShape& shape, int stage_k_tiles, int boards, int lag) {
  const CellTile cells = shape.state();
  const int D = shape.layers, C = shape.channels, G = shape.gates();
  ConvLstmTile tile{};
  tile.row_pitch = cells.pitch() * kPlaneChannels;
  tile.plane = cells.elements(kPlaneChannels);
  tile.tile = cells.elements(C);
  tile.origin = cells.origin() * kPlaneChannels;
  tile.stage_k_tiles = stage_k_tiles;
  tile.k_tile = gate_order(shape).tile_elements();
  tile.stage = tile.stage_k_tiles * tile.k_tile;
  tile.injected_stages = shape.injected_k_tiles() / tile.stage_k_tiles;
  tile.layer_stages = shape.recurrent_k_tiles() / tile.stage_k_tiles;
  tile.all_stages = D * tile.layer_stages;
  tile.lag = lag;
  // What the last board has yet to read, too, and what warpgroups may still be reading.
  tile.ring = kStagesAhead + (shape.warpgroups ? 2 : 1) + (boards - 1) * lag;
  tile.rows = tile.ring * tile.stage * 2;
  tile.boards = tile.rows + cells.rows() * 2;
  tile.classes = D * tile.tile * 2;
  tile.pooled = tile.classes + kClassCount * G * 4;
  tile.injected = tile.pooled + D * 3 * C * 4;
  tile.places = tile.injected + D * C * 2;
  tile.board_bytes = tile.places + shape.warps() * static_cast<int>(sizeof(KeptPlaces));
  return tile;
}

static_assert(kForwardWarps / 2 - 1 == kSpareBoards, "boards of the last block that there may not be, 16 channels each");

struct ConvLstmBlock {
  int boards;  // 0: not even one has room
  ConvLstmTile tile;
};

// A multiprocessor holds one block at a time. Of all numbers of boards a block that have room: that with which the busiest
// multiprocessor is done first, if a block takes as long as its boards one by one and a quarter of a board besides. In the
// room that is left one board alone gets twice the weights at a time, which is half the waits; several lag behind one
// another, by an equal share of a layer at most, so that the gates of one are computed beside the products of others.
HOST_DEVICE constexpr ConvLstmBlock conv_lstm_block(const FusedShape& shape, int boards, int multiprocessors,
                                                    std::size_t shared_bytes) {
  const auto fits = [&](const ConvLstmTile& tile, int count) {
    return static_cast<std::size_t>(tile.bytes(count)) <= shared_bytes;
  };
  const auto quarters = [&](int each) {
    return (boards + each * multiprocessors - 1) / (each * multiprocessors) * (4 * each + 1);
  };
  const int few = few_k_tiles(shape), many = 2 * few;
  int most = 0;
  for (int each = 1; each * shape.warps() <= kForwardWarps && fits(conv_lstm_tile(shape, few, each, 0), each); ++each)
    if (most == 0 || quarters(each) <= quarters(most)) most = each;
  ConvLstmBlock block{most, conv_lstm_tile(shape, few, most, 0)};
  if (most == 1 && !shape.warpgroups && shape.injected_k_tiles() % many == 0 && shape.recurrent_k_tiles() % many == 0)
    if (const ConvLstmTile larger = conv_lstm_tile(shape, many, 1, 0); fits(larger, 1)) block.tile = larger;
  for (int lag = 1; most > 1 && lag <= (block.tile.layer_stages + gate_barriers(shape.m_tiles)) / most; ++lag)
    if (const ConvLstmTile later = conv_lstm_tile(shape, few, most, lag); fits(later, most)) block.tile = later;
  return block;
}

// As devices compute it: warpgroups multiply where they are asked for and a board has room.
inline FusedShape device_shape(const NetShape& shape, Precision precision) {
  FusedShape fused = fused_shape(shape, precision);
  fused.warpgroups = fused.warpgroups && conv_lstm_block(fused, 1, 1, kHopperSharedBytes).boards > 0;
  return fused;
}

}  // namespace boxwarp
