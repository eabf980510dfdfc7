// The ConvLSTM unroll in reverse, in one launch: for each step, tick and layer the gradients of the gates, of the pooled
// part and, through the transposed convolution, of p and the own h.
//
//   grad_gates = cell_gradient(...)                                  (gates.hpp), rounded to bf16
//   grad_x[cell] = sum over taps of grad_gates[cell - tap] W[tap]^T  x = (p, h); 9 * 4C operands deep
//   grad_h += what grad_q hands to the cells                         (injected_back.cuh)
//
// Block = one board or two, C / 8 warps; a warp owns eight channels of each: their four gates, and their columns of grad_p
// and grad_h, so that a thread finds in its registers what it needs for its cells, and gradients of states pass through L2
// in the order of fragments. p is h of the layer that is next on the way back, so grad_p stays in registers until then. Two
// boards read the weights once: there are enough boards then to fill the device, and weights are most of what comes from L2.
//
// FLOP of a board and layer of a tick of DRC(3,3): 14.7 M, 4144 tensor instructions of which 112 are for the classes. Bytes:
// gates 28 KB, states 21 KB and gradients of states 28 KB read, 28 KB of gates and of gradients of states each written;
// weights of 221 KB from L2 for the block.
#include "kernels/net/backward_ops.cuh"
#include "kernels/net/injected_back.cuh"

namespace boxwarp::DEVICE {

namespace {

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
template <int M>
__device__ void add_features(const UnrollBack& work, const Owner<M>& mine, const ProductRow* rows, int t, int b,
                             float4 (&handed)[M]) {
  const float* features = work.scratch.grad_features + work.index().features(t, b);
#pragma unroll
  for (int m = 0; m < M; ++m) {
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

// What products and pooling make of a layer's gradients: sums[m][0] is for p, the last for the own h.
template <int M, int kTiles>
__device__ void leave_gradients(const UnrollBack& work, const Owner<M>& mine, const CellTile& tile, int t, int k, int d,
                                int b, const TileC (&sums)[M][kTiles], float2 grad_q, float4 (&handed)[M]) {
  const int C = work.shape.channels;
  const ActivationIndex at = work.index();
  Bf16x2 h[2 * M];
  const Bf16* own = work.kept.hidden + at.hidden(t, k, d, b);
#pragma unroll
  for (int i = 0; i < 2 * M; ++i)
    h[i] = *reinterpret_cast<const Bf16x2*>(own + tile.at(mine.channel, tile.origin() + mine.row(i / 2, i % 2)));
  const PoolGradient pool = pool_gradient<M>(mine, work.shape.cells(), C, work.project + d * 2 * C,
                                             work.kept.pooled + at.pooled(t, k, d, b), h, grad_q, work.grad_project(d, b));
  float4* const grad_h = work.state<M>(work.scratch.grad_h, d, b);
#pragma unroll
  for (int m = 0; m < M; ++m) {
    const float* from = sums[m][kTiles - 1].x;
    const float2 upper = pool.at(h[2 * m]), lower = pool.at(h[2 * m + 1]);
    grad_h[mine.place(m)] = {from[0] + upper.x, from[1] + upper.y, from[2] + lower.x, from[3] + lower.y};
    const float* below = sums[m][0].x;
    handed[m] = kTiles == 2 ? float4{below[0], below[1], below[2], below[3]} : float4{0, 0, 0, 0};
  }
}

// Gradients of the states before the first step.
template <int M>
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
        if (!mine.is_cell(m, half)) continue;
        const std::size_t to =
            (static_cast<std::size_t>(d * work.stretch.boards + b) * static_cast<std::size_t>(shape.cells()) +
             static_cast<std::size_t>(rows[mine.row(m, half)].cell)) *
                static_cast<std::size_t>(shape.channels) +
            static_cast<std::size_t>(mine.channel);
        const auto copy = [&](float* array, float4 from) {
          if (array == nullptr) return;
          array[to] = half == 0 ? from.x : from.z;
          array[to + 1] = half == 0 ? from.y : from.w;
        };
        copy(work.grad_h_start, work.state<M>(work.scratch.grad_h, d, b)[mine.place(m)]);
        copy(work.grad_c_start, work.state<M>(work.scratch.grad_c, d, b)[mine.place(m)]);
      }
    }
  }
}

template <int M, int kTiles, int kBoards>
__global__ void __launch_bounds__(kMostBackThreads, 1) grad_conv_lstm_kernel(const __grid_constant__ UnrollBack work) {
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
    each_board([&](int i, int b, const Owner<M>& mine) { add_features(work, mine, room.rows, t, b, handed[i]); });
    for (int k = shape.ticks - 1; k >= 0; --k) {
      for (int d = D - 1; d >= 0; --d) {
        each_board([&](int i, int b, const Owner<M>& mine) {
          gate_gradients(mine, tile, C, shape.output_gate, work.kept.gates + at.gates(t, k, d, b),
                         work.kept.cells + at.cells(t, k, d, b), work.kept.cells + at.cells(t, k + 1, d, b),
                         work.state<M>(work.scratch.grad_h, d, b), handed[i], work.state<M>(work.scratch.grad_c, d, b),
                         room.tiles + i * tile_elements);
        });
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
        TileC sums[kBoards][M][kTiles] = {};
        transposed(owner.warp, owner.lane, tile, C, back_order(shape),
                   work.recurrent_back + static_cast<std::size_t>(d) * recurrent_back_elements(shape), room.tiles, sums);
        __syncthreads();  // the tiles may be overwritten
        each_board([&](int i, int b, const Owner<M>& mine) {
          leave_gradients(work, mine, tile, t, k, d, b, sums[i], grad_q[i], handed[i]);
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
  each_board([&](int i, int b, const Owner<M>& mine) { end_unroll(work, mine, room.rows, b, handed[i]); });
}

}  // namespace

void conv_lstm_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const Stretch& stretch,
                        const std::uint8_t* episode_starts, const FusedActivations& kept, const BackwardScratch& scratch,
                        float* grad_h_start, float* grad_c_start) {
  const UnrollBack work{
      shape,   weights.recurrent_back, weights.injected_back, weights.project, kept, scratch, episode_starts,
      stretch, grad_h_start,           grad_c_start};
  const DeviceLimits limits = device_limits(executor);
  const BackBlock block{shape};
  const int each = block.boards(stretch.boards, limits.multiprocessors, limits.shared_bytes);
  const Geometry geometry{.blocks = static_cast<unsigned>((stretch.boards + each - 1) / each),
                          .threads = static_cast<unsigned>(block.threads()),
                          .shared_bytes = block.bytes(each)};
  const auto run = [&](auto kernel) { launch(executor, "grad_conv_lstm", kernel, geometry, work); };
  const bool one_layer = shape.layers == 1;
  if (shape.m_tiles == 4)
    one_layer ? run(grad_conv_lstm_kernel<4, 1, 1>) : run(grad_conv_lstm_kernel<4, 2, 1>);
  else if (each == 2)
    run(grad_conv_lstm_kernel<7, 2, 2>);
  else
    one_layer ? run(grad_conv_lstm_kernel<7, 1, 1>) : run(grad_conv_lstm_kernel<7, 2, 1>);
}

}  // namespace boxwarp::DEVICE
