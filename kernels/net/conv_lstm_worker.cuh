// What a block of conv_lstm_forward works on, and which part of it each thread has.
#pragma once

#include "kernels/collective.cuh"
#include "kernels/net/conv_lstm_tile.hpp"
#include "kernels/net/fragments.cuh"

namespace boxwarp::DEVICE {

struct Unrolling {
  FusedShape shape;
  ConvLstmTile tile;
  UnrollView unroll;
  FusedActivations kept;
  const Bf16* weights;    // FusedWeights::recurrent
  const float* constant;  // and so on
  const float* project;
  const Bf16* input;  // FusedScratch
  float* state;
  int stages;  // of weights that all steps take

  __device__ ActivationIndex index() const { return {shape, unroll.boards}; }
  __device__ bool starts(int t, int board) const { return unroll.episode_starts[t * unroll.boards + board] != 0; }
};

__device__ inline unsigned char* block_memory() { return reinterpret_cast<unsigned char*>(&shared<uint4>()); }

// The board and the channels that a thread works for, and that board's share of the block's memory.
struct Worker {
  int asked;       // the board's number; beyond the last there are some that nobody has
  int warp, lane;  // of the board
  int memory;      // byte of the block's memory where the board's begins

  // The same, but what follows from it is computed anew: kept from one phase to the next it would take registers that the
  // sums need.
  __device__ Worker afresh() const { return {forgotten(asked), forgotten(warp), forgotten(lane), forgotten(memory)}; }

  // In place of a board that nobody has the last one's input is computed with, and nothing is written but c, for which
  // there is room.
  __device__ bool here(const Unrolling& work) const { return asked < work.unroll.boards; }
  __device__ int board(const Unrolling& work) const { return here(work) ? asked : work.unroll.boards - 1; }

  __device__ int channel() const { return sum_channel(warp, lane, 0); }  // the first of the lane's two

  // The lane's channels of the first product row, in a tile.
  __device__ int in_tile(const ConvLstmTile& tile) const { return warp * tile.plane + tile.origin + lane % 4 * 2; }

  // The board's arrays, as ConvLstmTile names them.
  __device__ Bf16* hidden(const ConvLstmTile& tile, int d) const {
    return reinterpret_cast<Bf16*>(block_memory() + memory) + d * tile.tile;
  }
  __device__ float* classes(const ConvLstmTile& tile) const {
    return reinterpret_cast<float*>(block_memory() + memory + tile.classes);
  }
  // Only lanes 0 to 3 of a warp touch it, each for its own channels.
  __device__ float* pooled(const Unrolling& work, int d) const {
    return reinterpret_cast<float*>(block_memory() + memory + work.tile.pooled) + d * 3 * work.shape.channels;
  }
  __device__ KeptPlaces& places(const ConvLstmTile& tile) const {
    return reinterpret_cast<KeptPlaces*>(block_memory() + memory + tile.places)[warp];
  }
  __device__ Bf16* injected(const Unrolling& work, int d) const {
    return reinterpret_cast<Bf16*>(block_memory() + memory + work.tile.injected) + d * work.shape.channels;
  }
};

__device__ inline ProductRow* rows_of(const ConvLstmTile& tile) {
  return reinterpret_cast<ProductRow*>(block_memory() + tile.rows);
}

}  // namespace boxwarp::DEVICE
