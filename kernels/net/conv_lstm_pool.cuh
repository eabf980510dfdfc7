// Pool-and-inject: maximum and mean of h over the board, and what they make of the next tick's q.
//
//   q = P0 max(h) + P1 mean(h)    per channel
//
// A warp has all cells of its eight channels, so it pools them with shuffles alone, from h as it is rounded to bf16.
#pragma once

#include "kernels/net/conv_lstm_worker.cuh"

namespace boxwarp::DEVICE {

// Maximum and sum of a lane's two channels over the cells that it has added.
struct Pool {
  float maximum[2] = {-3.4e38f, -3.4e38f}, sum[2] = {0, 0};

  __device__ void add(Bf16x2 h) {
    const float value[2] = {first_of(h), second_of(h)};
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      maximum[i] = max(maximum[i], value[i]);
      sum[i] += value[i];
    }
  }

  // Over the lanes that have the same channels.
  __device__ void join() {
#pragma unroll
    for (int i = 0; i < 2; ++i) {
#pragma unroll
      for (int distance = 4; distance < static_cast<int>(kWarpLanes); distance *= 2) {
        maximum[i] = max(maximum[i], __shfl_xor_sync(kWholeWarp, maximum[i], distance));
        sum[i] += __shfl_xor_sync(kWholeWarp, sum[i], distance);
      }
    }
  }
};

// Leaves what the next tick of layer d injects; maximum and mean are those of h, which the pool has seen.
__device__ inline void leave_pooled(const Unrolling& work, const Worker& me, int d, float2 maximum, float2 mean) {
  const int C = work.shape.channels, channel = me.channel();
  if (me.lane >= 4) return;
  const float* project = work.project + d * 2 * C + channel;
  const float2 of_maximum = *reinterpret_cast<const float2*>(project);
  const float2 of_mean = *reinterpret_cast<const float2*>(project + C);
  const Bf16x2 q = pack(of_maximum.x * maximum.x + of_mean.x * mean.x, of_maximum.y * maximum.y + of_mean.y * mean.y);
  float* pooled = me.pooled(work, d) + channel;
  *reinterpret_cast<float2*>(pooled) = maximum;
  *reinterpret_cast<float2*>(pooled + C) = mean;
  *reinterpret_cast<float2*>(pooled + 2 * C) = make_float2(first_of(q), second_of(q));
  *reinterpret_cast<Bf16x2*>(me.injected(work, d) + channel) = q;
}

__device__ inline void leave_pooled(const Unrolling& work, const Worker& me, int d, Pool pool) {
  pool.join();
  const auto cells = static_cast<float>(work.shape.cells());
  leave_pooled(work, me, d, make_float2(pool.maximum[0], pool.maximum[1]),
               make_float2(pool.sum[0] / cells, pool.sum[1] / cells));
}

__device__ inline void keep_pooled(const Unrolling& work, const Worker& me, int t, int k, int d) {
  if (work.kept.pooled == nullptr || !me.here(work) || me.lane >= 4) return;
  const int C = work.shape.channels, channel = me.channel();
  float* to = work.kept.pooled + work.index().pooled(t, k, d, me.board(work)) + channel;
  const float* from = me.pooled(work, d) + channel;
  for (int i = 0; i < 3; ++i) *reinterpret_cast<float2*>(to + i * C) = *reinterpret_cast<const float2*>(from + i * C);
}

}  // namespace boxwarp::DEVICE
