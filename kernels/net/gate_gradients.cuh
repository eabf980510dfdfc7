// Gradients of a board's gates for conv_lstm_backward: from those of the states to a tile, and as the weights' gradients
// read them. A warp owns eight channels, a thread two of them in two rows of each m-tile.
#pragma once

#include "kernels/collective.cuh"
#include "kernels/net/fragments.cuh"
#include "kernels/net/gates.hpp"
#include "kernels/net/squash.cuh"
#include "kernels/net/transposed.cuh"

namespace boxwarp::DEVICE {

// What a thread is and owns of each board.
template <int M>
struct Owner {
  int warp, lane, channel;
  int on_board;  // bit 2 m + half: that row of m-tile m is a cell

  __device__ Owner(const CellTile& tile)
      : warp(static_cast<int>(threadIdx.x / kWarpLanes)),
        lane(static_cast<int>(threadIdx.x % kWarpLanes)),
        channel(sum_channel(warp, lane, 0)),
        on_board(0) {
    for (int m = 0; m < M; ++m)
      for (int half = 0; half < 2; ++half)
        if (tile.on_board(row(m, half))) on_board |= 1 << (2 * m + half);
  }
  // The same, but what follows from it is computed anew: kept from one phase to the next it would take registers that the
  // sums need.
  __device__ Owner afresh() const {
    Owner same = *this;
    same.warp = forgotten(warp);
    same.lane = forgotten(lane);
    same.channel = forgotten(channel);
    same.on_board = forgotten(on_board);
    return same;
  }

  __device__ int row(int m, int half) const { return sum_row(m, lane, 2 * half); }
  __device__ bool is_cell(int m, int half) const { return (on_board >> (2 * m + half) & 1) != 0; }
  // The thread's place among the groups of four floats or halves of a state.
  __device__ int place(int m) const { return (warp * M + m) * static_cast<int>(kWarpLanes) + lane; }
};

// What a thread reads for the gradients of its gates in one m-tile.
struct GateInputs {
  uint4 ij, fo;         // activated gates
  uint2 before, after;  // c
  float4 h, c;          // gradients of the states after the tick
};

// grad_gates of one tick, to the tile; the gradient of c after the tick becomes that before. That of h is grad_h and what
// the layer above has just handed down. Everything is read before anything is written: the loads go out together.
// Products: of back_products.cuh, whose lanes the gradients of states are for.
template <class Products, int M>
__device__ void gate_gradients(const Owner<M>& mine, const CellTile& tile, int C, OutputGate output, const Bf16* gates,
                               const Bf16* c_before, const Bf16* c_after, const float4* grad_h, const float4 (&handed)[M],
                               float4* grad_c, Bf16* to) {
  GateInputs read[M];
#pragma unroll
  for (int m = 0; m < M; ++m) {
    const int place = mine.place(m);
    const auto* activated = reinterpret_cast<const uint4*>(gates) + 2 * place;
    read[m] = {.ij = activated[0],
               .fo = activated[1],
               .before = reinterpret_cast<const uint2*>(c_before)[place],
               .after = reinterpret_cast<const uint2*>(c_after)[place],
               .h = grad_h[place],
               .c = grad_c[place]};
  }
#pragma unroll
  for (int m = 0; m < M; ++m) {
    const auto [kept_ij, kept_fo, kept_before, kept_after, h, c] = read[m];
    const auto turn = [](const auto& kept) {
      auto mine = kept;
      mine.x = Products::turn(kept.x), mine.y = Products::turn(kept.y);
      if constexpr (sizeof kept == sizeof(uint4)) mine.z = Products::turn(kept.z), mine.w = Products::turn(kept.w);
      return mine;
    };
    const uint4 ij = turn(kept_ij), fo = turn(kept_fo);
    const uint2 before = turn(kept_before), after = turn(kept_after);
    const auto one = [output](float i, float j, float f, float o, float from, float next, float of_h, float of_c) {
      return cell_gradient({i, j, f, o}, from, FastSquash::tanh(next), {of_c, of_h}, output);
    };
    const CellGradient grads[4] = {one(first_of(ij.x), first_of(ij.z), first_of(fo.x), first_of(fo.z), first_of(before.x),
                                       first_of(after.x), h.x + handed[m].x, c.x),
                                   one(second_of(ij.x), second_of(ij.z), second_of(fo.x), second_of(fo.z),
                                       second_of(before.x), second_of(after.x), h.y + handed[m].y, c.y),
                                   one(first_of(ij.y), first_of(ij.w), first_of(fo.y), first_of(fo.w), first_of(before.y),
                                       first_of(after.y), h.z + handed[m].z, c.z),
                                   one(second_of(ij.y), second_of(ij.w), second_of(fo.y), second_of(fo.w),
                                       second_of(before.y), second_of(after.y), h.w + handed[m].w, c.w)};
    grad_c[mine.place(m)] = {grads[0].c, grads[1].c, grads[2].c, grads[3].c};
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const CellGradient &a = grads[2 * half], &b = grads[2 * half + 1];
      const bool cell = mine.is_cell(m, half);
      Bf16* at = to + tile.at(mine.channel, tile.origin() + mine.row(m, half));
      const int gate = tile.elements(C);  // from one gate to the next
      const auto leave = [&](int which, float first, float second) {
        const Bf16x2 kept = Products::turn(pack(first, second));
        *reinterpret_cast<Bf16x2*>(at + which * gate) = cell ? kept : 0u;
      };
      leave(0, a.before.i, b.before.i);
      leave(1, a.before.j, b.before.j);
      leave(2, a.before.f, b.before.f);
      leave(3, a.before.o, b.before.o);
    }
  }
}

// grad_gates as the weights' gradients read them: a warp copies four planes.
template <int M>
__device__ void keep_gate_gradients(const Owner<M>& mine, const CellTile& tile, const Bf16* from, Bf16* to) {
  constexpr int kRows = kTileRows * M, kLanes = static_cast<int>(kWarpLanes);
  const int plane = mine.warp * kGateCount;
  const auto* source =
      reinterpret_cast<const uint4*>(from + (plane * tile.cells() + tile.origin()) * kPlaneChannels) + mine.lane;
  auto* destination = reinterpret_cast<uint4*>(to) + plane * kRows + mine.lane;
#pragma unroll 1
  for (int i = 0; i < kGateCount; ++i, source += tile.cells(), destination += kRows) {
#pragma unroll
    for (int row = 0; row < kRows; row += kLanes)
      if (row + kLanes <= kRows || row + mine.lane < kRows) destination[row] = source[row];
  }
}

}  // namespace boxwarp::DEVICE
