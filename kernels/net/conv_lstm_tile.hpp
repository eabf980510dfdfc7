// The shared memory of a block of conv_lstm_forward: a ring of weights for all boards, then what each board needs.
#pragma once

#include <cstddef>

#include "kernels/net/fused_memory.hpp"

namespace boxwarp {

inline constexpr int kRingStages = 4;     // of the ring of weights; one is read while the others arrive
inline constexpr int kForwardWarps = 12;  // of a block at most: three boards of 32 channels at 168 registers a thread
inline constexpr std::size_t kLeastSharedBytes = 99 * 1024;  // that a block gets on every supported device (8.6, 8.9, 12.0)

struct ConvLstmTile {
  FusedShape shape;
  int boards;  // of the block

  // k-tiles of weights that arrive together; those of q, and those of p and h, are multiples. Fewer where they are large.
  HOST_DEVICE constexpr int stage_k_tiles() const { return shape.channels > 32 ? 1 : 3; }
  HOST_DEVICE constexpr int k_tile_elements() const { return gate_order(shape).tile_elements(); }
  HOST_DEVICE constexpr int stage_elements() const { return stage_k_tiles() * k_tile_elements(); }
  HOST_DEVICE constexpr int injected_stages() const { return shape.injected_k_tiles() / stage_k_tiles(); }
  HOST_DEVICE constexpr int layer_stages() const { return shape.recurrent_k_tiles() / stage_k_tiles(); }

  // Bytes from the beginning of the memory, all multiples of 16:
  HOST_DEVICE constexpr int ring_bytes() const { return kRingStages * stage_elements() * 2; }
  HOST_DEVICE constexpr int rows_bytes() const { return kTileRows * shape.m_tiles; }  // the class of each product row
  HOST_DEVICE constexpr int hidden_bytes() const { return shape.layers * shape.state().elements(shape.channels) * 2; }
  HOST_DEVICE constexpr int class_bytes() const { return kClassCount * shape.gates() * 4; }
  HOST_DEVICE constexpr int pooled_bytes() const { return shape.layers * 3 * shape.channels * 4; }
  HOST_DEVICE constexpr int injected_bytes() const { return shape.layers * shape.channels * 2; }
  HOST_DEVICE constexpr int board_bytes() const {
    return hidden_bytes() + class_bytes() + pooled_bytes() + injected_bytes();
  }
  HOST_DEVICE constexpr int board_at(int board) const { return ring_bytes() + rows_bytes() + board * board_bytes(); }
  HOST_DEVICE constexpr int bytes() const { return board_at(boards); }
};

// As many boards a block as there are for each multiprocessor, if they have room; 0: not even one has.
HOST_DEVICE constexpr int boards_of_block(const FusedShape& shape, int boards, int multiprocessors,
                                          std::size_t shared_bytes) {
  const int wanted = (boards + multiprocessors - 1) / multiprocessors, most = kForwardWarps / shape.warps();
  int fit = wanted < most ? wanted : most;
  while (fit > 0 && static_cast<std::size_t>(ConvLstmTile{shape, fit}.bytes()) > shared_bytes) --fit;
  return fit;
}

}  // namespace boxwarp
