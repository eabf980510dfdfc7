// What a block of conv_lstm_backward does (conv_lstm_backward.cu).
#pragma once

#include "kernels/net/back_products.cuh"
#include "kernels/net/backward_ops.cuh"
#include "kernels/net/injected_back.cuh"

namespace boxwarp::DEVICE {

struct UnrollBack {
  FusedShape shape;
  const Bf16* recurrent_back;  // as FusedWeights
  const Bf16* injected_back;
  const float* project;
  FusedActivations kept;
  BackwardScratch scratch;
  const std::uint8_t* starts;
  Stretch stretch;
  float* grad_h_start;
  float* grad_c_start;

  __device__ ActivationIndex index() const { return {shape, stretch.boards}; }
  template <int M>
  __device__ float4* state(float* array, int d, int b) const {
    return reinterpret_cast<float4*>(
        array + (static_cast<std::size_t>(d) * static_cast<std::size_t>(stretch.boards) + static_cast<std::size_t>(b)) *
                    static_cast<std::size_t>(SumOrder{M, 1}.elements(shape.channels)));
  }
  __device__ float* grad_project(int d, int b) const {
    return scratch.grad_project + static_cast<std::size_t>((b * shape.layers + d) * 2 * shape.channels);
  }
};

template <int M>
__device__ void erase_states(const UnrollBack& work, const Owner<M>& mine, int b) {
  for (int d = 0; d < work.shape.layers; ++d)
#pragma unroll 1
    for (int m = 0; m < M; ++m)
      work.state<M>(work.scratch.grad_h, d, b)[mine.place(m)] = work.state<M>(work.scratch.grad_c, d, b)[mine.place(m)] =
          float4{0, 0, 0, 0};
}

// The head's share reaches the last layer's h of the step's last tick.
template <class Products, int M>
__device__ void add_features(const UnrollBack& work, const Owner<M>& mine, const ProductRow* rows, int t, int b,
                             float4 (&handed)[M]) {
  const float* features = work.scratch.grad_features + work.index().features(t, b);
#pragma unroll
  for (int m = 0; m < M; ++m) {
    if constexpr (Products::kByWarpgroup) {
      float* const to[4] = {&handed[m].x, &handed[m].y, &handed[m].z, &handed[m].w};
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const ProductRow what = rows[warpgroup_row(m, mine.lane, i)];
        if (what.is_cell()) *to[i] += features[what.cell * work.shape.channels + warpgroup_channel(mine.warp, mine.lane)];
      }
    } else {
      const auto add = [&](int half, float& first, float& second) {
        if (!mine.is_cell(m, half)) return;
        const int cell = rows[mine.row(m, half)].cell;
        const float2 two = *reinterpret_cast<const float2*>(features + cell * work.shape.channels + mine.channel);
        first += two.x;
        second += two.y;
      };
      add(0, handed[m].x, handed[m].y);
      add(1, handed[m].z, handed[m].w);
    }
  }
}

// What products and pooling make of a layer's gradients. i: the board's number among those of the block.
template <class Products, int M>
__device__ void leave_gradients(const UnrollBack& work, const Owner<M>& mine, const CellTile& tile, int t, int k, int d,
                                int b, const Products& products, int i, float2 grad_q, float4 (&handed)[M]) {
  const int C = work.shape.channels;
  const ActivationIndex at = work.index();
  Bf16x2 h[2 * M];
  const Bf16* own = work.kept.hidden + at.hidden(t, k, d, b);
#pragma unroll
  for (int n = 0; n < 2 * M; ++n)
    h[n] = *reinterpret_cast<const Bf16x2*>(own + tile.at(mine.channel, tile.origin() + mine.row(n / 2, n % 2)));
  const PoolGradient pool = Products::of_lane(
      mine.lane, pool_gradient<M>(mine, work.shape.cells(), C, work.project + d * 2 * C,
                                  work.kept.pooled + at.pooled(t, k, d, b), h, grad_q, work.grad_project(d, b)));
  float4* const grad_h = work.state<M>(work.scratch.grad_h, d, b);
#pragma unroll
  for (int m = 0; m < M; ++m) {
    const float4 from = products.own(i, m);
    const float2 upper = pool.at(Products::turn(h[2 * m])), lower = pool.at(Products::turn(h[2 * m + 1]));
    grad_h[mine.place(m)] = {from.x + upper.x, from.y + upper.y, from.z + lower.x, from.w + lower.y};
    handed[m] = products.below(i, m);
  }
}

// Gradients of the states before the first step.
template <class Products, int M>
__device__ void end_unroll(const UnrollBack& work, const Owner<M>& mine, const ProductRow* rows, int b,
                           const float4 (&handed)[M]) {
  const FusedShape& shape = work.shape;
#pragma unroll
  for (int m = 0; m < M; ++m) {
    float4& last = work.state<M>(work.scratch.grad_h, shape.layers - 1, b)[mine.place(m)];
    const float4 own = last;
    last = {own.x + handed[m].x, own.y + handed[m].y, own.z + handed[m].z, own.w + handed[m].w};
  }
  for (int d = 0; d < shape.layers; ++d) {
#pragma unroll 1
    for (int m = 0; m < M; ++m) {
#pragma unroll 1
      for (int half = 0; half < 2; ++half) {
        const auto copy = [&](float* array, float4 from) {
          if (array == nullptr) return;
          const float two[2] = {half == 0 ? from.x : from.z, half == 0 ? from.y : from.w};
          const auto of_cell = [&](int row) {
            return (static_cast<std::size_t>(d * work.stretch.boards + b) * static_cast<std::size_t>(shape.cells()) +
                    static_cast<std::size_t>(rows[row].cell)) *
                   static_cast<std::size_t>(shape.channels);
          };
          if constexpr (Products::kByWarpgroup) {
            for (int i = 0; i < 2; ++i) {
              const int row = warpgroup_row(m, mine.lane, 2 * half + i), channel = warpgroup_channel(mine.warp, mine.lane);
              if (rows[row].is_cell()) array[of_cell(row) + static_cast<std::size_t>(channel)] = two[i];
            }
          } else if (mine.is_cell(m, half)) {
            const std::size_t to = of_cell(mine.row(m, half)) + static_cast<std::size_t>(mine.channel);
            array[to] = two[0];
            array[to + 1] = two[1];
          }
        };
        copy(work.grad_h_start, work.state<M>(work.scratch.grad_h, d, b)[mine.place(m)]);
        copy(work.grad_c_start, work.state<M>(work.scratch.grad_c, d, b)[mine.place(m)]);
      }
    }
  }
}

// Products: of back_products.cuh.
template <class Products>
__device__ inline void unroll_back(const UnrollBack& work) {
  constexpr int M = Products::kCountOfMTiles, kBoards = Products::kCountOfBoards;
  const FusedShape& shape = work.shape;
  const int C = shape.channels, G = shape.gates(), D = shape.layers;
  const CellTile tile = state_tile(shape.height, shape.width, M);
  const BackBlock block{shape};
  const Room room(block, kBoards, &shared<Bf16>());
  const int tile_elements = block.tile_elements(), sums_each = block.sums();
  const Owner<M> owner(tile);
  const ActivationIndex at = work.index();
  // The last block may have a board less: of the missing one there are products, of zeros, which go nowhere.
  const auto each_board = [&](auto&& visit) {
    const int first = forgotten(static_cast<int>(blockIdx.x)) * kBoards;
#pragma unroll
    for (int i = 0; i < kBoards; ++i)
      if (first + i < work.stretch.boards) visit(i, first + i, owner.afresh());
  };

  for (int i = static_cast<int>(threadIdx.x); i < kBoards * tile_elements / 8; i += static_cast<int>(blockDim.x))
    reinterpret_cast<uint4*>(room.tiles)[i] = uint4{0, 0, 0, 0};
  for (int i = static_cast<int>(threadIdx.x); i < kBoards * sums_each; i += static_cast<int>(blockDim.x))
    room.tap_sums[i] = 0;
  for (int row = static_cast<int>(threadIdx.x); row < tile.rows(); row += static_cast<int>(blockDim.x))
    room.rows[row] = row_of(tile, row);
  if (!work.stretch.adds)
    each_board([&](int, int b, const Owner<M>& mine) {
      if (mine.lane / 4 == 0)
        for (int i = 0; i < 4 * D; ++i) work.grad_project(0, b)[i / 2 * C + mine.channel + i % 2] = 0;
      erase_states(work, mine, b);
    });
  __syncthreads();

  float4 handed[kBoards][M] = {};  // to h of the layer that is next, from the one before
  for (int t = work.stretch.steps - 1; t >= 0; --t) {
    each_board([&](int i, int b, const Owner<M>& mine) { add_features<Products>(work, mine, room.rows, t, b, handed[i]); });
    for (int k = shape.ticks - 1; k >= 0; --k) {
      for (int d = D - 1; d >= 0; --d) {
        each_board([&](int i, int b, const Owner<M>& mine) {
          gate_gradients<Products>(mine, tile, C, shape.output_gate, work.kept.gates + at.gates(t, k, d, b),
                                   work.kept.cells + at.cells(t, k, d, b), work.kept.cells + at.cells(t, k + 1, d, b),
                                   work.state<M>(work.scratch.grad_h, d, b), handed[i],
                                   work.state<M>(work.scratch.grad_c, d, b), room.tiles + i * tile_elements);
        });
        if constexpr (Products::kByWarpgroup) show_to_products();
        __syncthreads();  // the tiles are whole, and everybody has read the gates
        each_board([&](int i, int b, const Owner<M>& mine) {
          const Bf16* gates = room.tiles + i * tile_elements;
          float* class_sums = room.class_sums + i * sums_each;
          keep_gate_gradients(mine, tile, gates, work.kept.gates + at.gates(t, k, d, b));
          sum_classes(mine, tile, G, room.rows, gates, class_sums,
                      work.scratch.class_sums + at.tick(t, k, d, b) * static_cast<std::size_t>(kClassCount * G));
          sum_taps(G, class_sums, room.tap_sums + i * sums_each);
        });
        __syncthreads();
        float2 grad_q[kBoards];
        sum_injected(owner.afresh(), C, work.injected_back + static_cast<std::size_t>(d) * input_elements(shape),
                     room.tap_sums, grad_q);
        Products products;
        products.multiply(owner.warp, owner.lane, tile, C, back_order(shape),
                          work.recurrent_back + static_cast<std::size_t>(d) * recurrent_back_elements(shape), room.tiles);
        __syncthreads();  // the tiles may be overwritten
        each_board([&](int i, int b, const Owner<M>& mine) {
          leave_gradients(work, mine, tile, t, k, d, b, products, i, grad_q[i], handed[i]);
        });
      }
    }
    each_board([&](int i, int b, const Owner<M>& mine) {
      if (work.starts[at.step(t, b)] == 0) return;
      erase_states(work, mine, b);
#pragma unroll
      for (int m = 0; m < M; ++m) handed[i][m] = {0, 0, 0, 0};
    });
  }
  each_board([&](int i, int b, const Owner<M>& mine) { end_unroll<Products>(work, mine, room.rows, b, handed[i]); });
}

// With products by warpgroups (conv_lstm_backward_wgmma.cu).
void conv_lstm_backward_wgmma(Executor& executor, const Geometry& geometry, const UnrollBack& work, int boards_each);

}  // namespace boxwarp::DEVICE
