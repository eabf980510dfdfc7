// One layer of one tick for the boards of a block:
//
//   gates = input[d] + conv3x3([p, h, q]) + constant    p: h of the layer below; for the first layer, of the last one
//   c' = f c + i j,  h' = o tanh(c')                     (gates.hpp; Taufeeque et al. 2024, arXiv 2407.15421)
//
// What q adds is an m-tile of its own, whose rows are the spatial classes: row s has q under those taps that lie on the
// board for a cell of class s.
#pragma once

#include "kernels/net/conv_lstm_pool.cuh"
#include "kernels/net/conv_lstm_products.cuh"
#include "kernels/net/conv_lstm_steps.cuh"
#include "kernels/net/squash.cuh"

namespace boxwarp::DEVICE {

// q of 16 channels under a tap, as a left operand with a row for each spatial class: zeros where the tap leaves the board.
// upper_taps, lower_taps: class_taps of the lane's two rows.
__device__ inline TileA injected_operand(const Bf16* q, int tap, int lane, unsigned upper_taps, unsigned lower_taps) {
  const int pair = lane % 4 * 2;
  const Bf16x2 low = *reinterpret_cast<const Bf16x2*>(q + pair), high = *reinterpret_cast<const Bf16x2*>(q + pair + 8);
  const bool upper = (upper_taps >> tap & 1) != 0, lower = (lower_taps >> tap & 1) != 0;
  return {{upper ? low : 0, lower ? low : 0, upper ? high : 0, lower ? high : 0}};
}

// What q and the constants add in each class, where all lanes of the warp find it.
template <class Products>
__device__ inline void inject(const Unrolling& work, const Worker& worker, int d, StreamFor<Products>& stream) {
  const Worker me = worker.afresh();
  const FusedShape& shape = work.shape;
  const ConvLstmTile& memory = work.tile;
  const int G = shape.gates(), row = me.lane / 4, each = shape.channels / kTileDepth;
  const unsigned upper_taps = class_taps(row), lower_taps = row == 0 ? class_taps(8) : 0;
  TileC sum[kGateCount] = {};
  int tap = 0, part = 0;
  for (int stage = 0; stage < memory.injected_stages; ++stage) {
    const Bf16* weights = stream.take(work);
    for (int i = 0; i < memory.stage_k_tiles; ++i) {
      const GateOperand right = load_gate_operand(weights + i * memory.k_tile, me.warp, me.lane);
      const TileA left = injected_operand(me.injected(work, d) + part * kTileDepth, tap, me.lane, upper_taps, lower_taps);
#pragma unroll
      for (int gate = 0; gate < kGateCount; ++gate) multiply_tiles(sum[gate], left, right.tile(gate));
      if (++part == each) {
        part = 0;
        ++tap;
      }
    }
  }
  const float* constant = work.constant + d * kClassCount * G;
#pragma unroll
  for (int gate = 0; gate < kGateCount; ++gate) {
    const int at = gate * shape.channels + me.channel();
    const auto leave = [&](int spatial_class, float first, float second) {
      const float2 add = *reinterpret_cast<const float2*>(constant + spatial_class * G + at);
      Products::leave(shape, me.classes(work.tile), spatial_class, gate, me.channel(),
                      make_float2(first + add.x, second + add.y));
    };
    leave(row, sum[gate].x[0], sum[gate].x[1]);
    if (row == 0) leave(8, sum[gate].x[2], sum[gate].x[3]);
  }
  __syncwarp();
}

// For all lanes of the warp.
__device__ inline void find_places(const Unrolling& work, const Worker& me, int t, int k, int d) {
  const FusedActivations& kept = work.kept;
  const ActivationIndex index = work.index();
  const int board = me.board(work);
  const bool keeps = kept.gates != nullptr;
  if (me.lane == 0)
    me.places(work.tile) = {.hidden = keeps ? kept.hidden + index.hidden(t, k + 1, d, board) : nullptr,
                            .cells = keeps ? kept.cells + index.cells(t, k + 1, d, board) : nullptr,
                            .gates = keeps ? kept.gates + index.gates(t, k, d, board) : nullptr,
                            .skip = kept.skip + index.skip(t, board),
                            .features = kept.features + index.features(t, board),
                            .unused = 0};
  __syncwarp();
}

// Gates and states of all rows; h goes to the tile, c to its place, and what backward needs is kept. The first barrier says
// that all warps of the board have read h.
template <class Products>
__device__ inline void update(const Unrolling& work, const Worker& worker, int t, int k, int d,
                              const StreamFor<Products>& stream, const Products& products) {
  constexpr int M = Products::kCountOfMTiles;
  const Worker me = worker.afresh();
  const FusedShape& shape = work.shape;
  const int in_tile = me.in_tile(work.tile);
  Bf16* const hidden = me.hidden(work.tile, d) + in_tile;
  float4* const state = state_of(work, me, d, M);
  const bool keeps = work.kept.gates != nullptr && me.here(work);
  const bool skips = d == shape.layers - 1 && k == shape.ticks - 1 && me.here(work);
  const KeptPlaces& places = me.places(work.tile);
  if (keeps || skips) find_places(work, me, t, k, d);

  const ProductRow* const rows = rows_of(work.tile);
  Pool pool;
  float4 next_c = state[0];
#pragma unroll
  for (int m = 0; m < M; ++m) {
    if (m % 2 == 0) stream.pass();
    float4 c = next_c;
    if (m + 1 < M) next_c = state[(m + 1) * static_cast<int>(kWarpLanes)];  // under way while this one is computed
    float* const c_of[4] = {&c.x, &c.y, &c.z, &c.w};
    Bf16x2 active[kGateCount][2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const GatePair pair = Products::pair(shape, me.classes(work.tile), rows, me, m, half);
      // Known beforehand, it would make two copies of the loop.
      const auto output = static_cast<OutputGate>(forgotten(static_cast<int>(shape.output_gate)));
      Gates gates[2];
      float h[2];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const Gates& add = pair.constant[i];
        const auto sum = [&](int gate) { return products.sum(m, half, gate, i); };
        gates[i] = activated<FastSquash>({sum(0) + add.i, sum(1) + add.j, sum(2) + add.f, sum(3) + add.o}, output);
        const CellState next = next_state<FastSquash>(gates[i], *c_of[2 * half + i]);
        *c_of[2 * half + i] = pair.cell[i] ? next.c : 0.0f;
        h[i] = next.h;
      }
      active[0][half] = pack(gates[0].i, gates[1].i);
      active[1][half] = pack(gates[0].j, gates[1].j);
      active[2][half] = pack(gates[0].f, gates[1].f);
      active[3][half] = pack(gates[0].o, gates[1].o);
      const Bf16x2 rounded = Products::by_channels(pack(h[0], h[1]));
      const int row = sum_row(m, me.lane, 2 * half);
      const ProductRow what = rows[row];
      if (!what.is_cell()) continue;
      pool.add(rounded);
      *reinterpret_cast<Bf16x2*>(hidden + row * kPlaneChannels) = rounded;
      if (keeps) {
        *reinterpret_cast<Bf16x2*>(places.hidden + in_tile + row * kPlaneChannels) = rounded;
      }
      if (skips) {
        const Bf16x2 e = *reinterpret_cast<const Bf16x2*>(places.skip + in_tile + row * kPlaneChannels);
        *reinterpret_cast<Bf16x2*>(places.features + what.cell * shape.channels + me.channel()) =
            pack(first_of(rounded) + first_of(e), second_of(rounded) + second_of(e));
      }
    }
    state[m * static_cast<int>(kWarpLanes)] = c;
    if (keeps) {
      const auto kept = [](Bf16x2 two) { return Products::by_channels(two); };
      *reinterpret_cast<uint2*>(places.cells + SumOrder{M, 1}.lane_at(me.warp, m, me.lane)) =
          make_uint2(kept(pack(c.x, c.y)), kept(pack(c.z, c.w)));
      auto* to = reinterpret_cast<uint4*>(places.gates + SumOrder{M, kGateCount}.lane_at(me.warp, m, me.lane));
      to[0] = uint4{kept(active[0][0]), kept(active[0][1]), kept(active[1][0]), kept(active[1][1])};
      to[1] = uint4{kept(active[2][0]), kept(active[2][1]), kept(active[3][0]), kept(active[3][1])};
    }
  }
  leave_pooled(work, me, d, pool);
}

template <class Products>
__device__ inline void tick(const Unrolling& work, const Worker& me, int t, int k, int d, StreamFor<Products>& stream) {
  keep_pooled(work, me, t, k, d);
  inject<Products>(work, me, d, stream);
  Products products;
  {
    const Worker worker = me.afresh();
    const SumOrder order{Products::kCountOfMTiles, kGateCount};
    products.begin(reinterpret_cast<const uint4*>(work.input + work.index().input(t, worker.board(work), d) +
                                                  order.lane_at(worker.warp, 0, worker.lane)));
  }
  products.multiply(work, me.afresh(), d, stream);
  update(work, me, t, k, d, stream, products);
}

}  // namespace boxwarp::DEVICE
