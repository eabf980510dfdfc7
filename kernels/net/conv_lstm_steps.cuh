// States at the edges of steps: where an unroll begins and ends, where an episode starts, and what of it backward needs.
// A warp touches nothing but its own channels.
#pragma once

#include "kernels/net/conv_lstm_pool.cuh"
#include "kernels/net/conv_lstm_products.cuh"

namespace boxwarp::DEVICE {

// c of layer d of the worker's board.
__device__ inline float* board_state(const Unrolling& work, const Worker& me, int d, int m_tiles) {
  const SumOrder order{m_tiles, 1};
  return work.state + static_cast<std::size_t>(me.asked * work.shape.layers + d) *
                          static_cast<std::size_t>(order.elements(work.shape.channels));
}

// The lane's values of the first m-tile; those of the others follow at a distance of 32 * 4.
__device__ inline float4* state_of(const Unrolling& work, const Worker& me, int d, int m_tiles) {
  return reinterpret_cast<float4*>(board_state(work, me, d, m_tiles) + SumOrder{m_tiles, 1}.lane_at(me.warp, 0, me.lane));
}

// Where the values of a product row's cell lie in an array (D, B, H, W, C).
__device__ inline std::size_t dense_at(const Unrolling& work, const Worker& me, int d, int row) {
  const int cell = rows_of(work.tile)[row].cell;
  return (static_cast<std::size_t>(d * work.unroll.boards + me.board(work)) * work.shape.cells() + cell) *
             work.shape.channels +
         me.channel();
}

// A lane's two rows of each m-tile, visit(m, half, row), those without a cell left out.
template <int M, class Visit>
__device__ inline void for_each_row(const Unrolling& work, const Worker& me, Visit&& visit) {
  const ProductRow* rows = rows_of(work.tile);
#pragma unroll
  for (int m = 0; m < M; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = sum_row(m, me.lane, 2 * half);
      if (rows[row].is_cell()) visit(m, half, row);
    }
  }
}

__device__ inline void clear_planes(const Unrolling& work, const Worker& me, int d) {
  const int plane = work.tile.plane;
  clear(me.hidden(work.tile, d) + me.warp * plane, plane, me.lane, static_cast<int>(kWarpLanes));
  __syncwarp();
}

// A lane's share of a state: of two rows of each m-tile two channels. Read as a whole before anything is written, so that
// the loads go out together.
template <int M>
struct LaneState {
  float2 of[M][2] = {};
};

// c of layer d, of the lane's rows and channels as it is kept; where the products give a lane other ones, what the lanes of
// the warp have written is read by one another.
template <class Products, int M = Products::kCountOfMTiles>
__device__ inline LaneState<M> lane_state(const Unrolling& work, const Worker& me, int d) {
  LaneState<M> c;
  const float* from = board_state(work, me, d, M);
  const float4* mine = state_of(work, me, d, M);
#pragma unroll
  for (int m = 0; m < M; ++m) {
    if constexpr (Products::kByWarpgroup) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int row = sum_row(m, me.lane, 2 * half), channel = me.channel();
        c.of[m][half] = make_float2(from[Products::state_at(row, channel)], from[Products::state_at(row, channel + 1)]);
      }
    } else {
      const float4 four = mine[m * static_cast<int>(kWarpLanes)];
      c.of[m][0] = make_float2(four.x, four.y);
      c.of[m][1] = make_float2(four.z, four.w);
    }
  }
  return c;
}

template <class Products, int M = Products::kCountOfMTiles>
__device__ inline void leave_lane_state(const Unrolling& work, const Worker& me, int d, const LaneState<M>& c) {
  float* to = board_state(work, me, d, M);
  float4* mine = state_of(work, me, d, M);
#pragma unroll
  for (int m = 0; m < M; ++m) {
    if constexpr (Products::kByWarpgroup) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int row = sum_row(m, me.lane, 2 * half), channel = me.channel();
        to[Products::state_at(row, channel)] = c.of[m][half].x;
        to[Products::state_at(row, channel + 1)] = c.of[m][half].y;
      }
    } else {
      mine[m * static_cast<int>(kWarpLanes)] = {c.of[m][0].x, c.of[m][0].y, c.of[m][1].x, c.of[m][1].y};
    }
  }
}

// States before the first step.
template <class Products, int M = Products::kCountOfMTiles>
__device__ inline void begin_unroll(const Unrolling& work, const Worker& me) {
  for (int d = 0; d < work.shape.layers; ++d) {
    clear_planes(work, me, d);
    LaneState<M> h, c;
    for_each_row<M>(work, me, [&](int m, int half, int row) {
      const std::size_t at = dense_at(work, me, d, row);
      h.of[m][half] = *reinterpret_cast<const float2*>(work.unroll.h_start + at);
      c.of[m][half] = *reinterpret_cast<const float2*>(work.unroll.c_start + at);
    });
    Pool pool;
    for_each_row<M>(work, me, [&](int m, int half, int row) {
      const Bf16x2 rounded = pack(h.of[m][half].x, h.of[m][half].y);
      pool.add(rounded);
      *reinterpret_cast<Bf16x2*>(me.hidden(work.tile, d) + me.in_tile(work.tile) + row * kPlaneChannels) = rounded;
    });
    leave_lane_state<Products>(work, me, d, c);
    leave_pooled(work, me, d, pool);
  }
}

// Zeros where an episode starts; then what the step begins with is kept.
template <class Products, int M = Products::kCountOfMTiles>
__device__ inline void begin_step(const Unrolling& work, const Worker& me, int t) {
  const bool starts = work.starts(t, me.board(work)), keeps = work.kept.hidden != nullptr && me.here(work);
  __syncwarp();
  for (int d = 0; d < work.shape.layers; ++d) {
    float4* c = state_of(work, me, d, M);
    if (starts) {
      clear_planes(work, me, d);
      leave_pooled(work, me, d, make_float2(0, 0), make_float2(0, 0));
      for (int m = 0; m < M; ++m) c[m * kWarpLanes] = float4{0, 0, 0, 0};
    }
    if (!keeps) continue;
    const int plane = work.tile.plane;
    const auto* from = reinterpret_cast<const uint4*>(me.hidden(work.tile, d) + me.warp * plane);
    auto* to = reinterpret_cast<uint4*>(work.kept.hidden + work.index().hidden(t, 0, d, me.board(work)) + me.warp * plane);
    for (int i = me.lane; i < plane / 8; i += static_cast<int>(kWarpLanes)) to[i] = from[i];
    const SumOrder order{M, 1};
    Bf16* cells = work.kept.cells + work.index().cells(t, 0, d, me.board(work));
    float4 values[M];  // read before any is written: the loads go out together
#pragma unroll
    for (int m = 0; m < M; ++m) values[m] = c[m * kWarpLanes];
#pragma unroll
    for (int m = 0; m < M; ++m)
      *reinterpret_cast<uint2*>(cells + order.lane_at(me.warp, m, me.lane)) = make_uint2(
          Products::by_channels(pack(values[m].x, values[m].y)), Products::by_channels(pack(values[m].z, values[m].w)));
  }
}

template <class Products, int M = Products::kCountOfMTiles>
__device__ inline void end_unroll(const Unrolling& work, const Worker& me) {
  if (!me.here(work)) return;
  __syncwarp();
  for (int d = 0; d < work.shape.layers; ++d) {
    const LaneState<M> c = lane_state<Products>(work, me, d);
    for_each_row<M>(work, me, [&](int m, int half, int row) {
      const std::size_t at = dense_at(work, me, d, row);
      const Bf16x2 h =
          *reinterpret_cast<const Bf16x2*>(me.hidden(work.tile, d) + me.in_tile(work.tile) + row * kPlaneChannels);
      if (work.unroll.h_end != nullptr)
        *reinterpret_cast<float2*>(work.unroll.h_end + at) = make_float2(first_of(h), second_of(h));
      if (work.unroll.c_end != nullptr) *reinterpret_cast<float2*>(work.unroll.c_end + at) = c.of[m][half];
    });
  }
}

}  // namespace boxwarp::DEVICE
