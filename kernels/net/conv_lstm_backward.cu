// The ConvLSTM unroll in reverse, in one launch: for each step, tick and layer the gradients of the gates, of the pooled
// part and, through the transposed convolution, of p and the own h.
//
//   grad_gates = cell_gradient(...)                                  (gates.hpp), rounded to bf16
//   grad_x[cell] = sum over taps of grad_gates[cell - tap] W[tap]^T  x = (p, h); 9 * 4C operands deep
//   grad_q = sum over classes, taps on the board, gates              from sums of grad_gates over the cells of each class
//   grad_h += P1 grad_q / (H W) everywhere, P0 grad_q where h is the maximum, in equal shares among equal cells
//
// Block = a board, C / 8 warps; a warp owns eight channels: their four gates, and their columns of grad_p and grad_h, so
// that a thread finds in its registers what it needs for its cells, and gradients of states pass through L2 in the order of
// fragments. Sums over classes are a product too: of a matrix that says which cell is of which class.
//
// FLOP of a tick of DRC(3,3): 14.7 M, 8064 tensor instructions of which 112 are for the classes. Bytes: gates 28 KB, states
// 28 KB and gradients of states 86 KB read, 28 KB of gates and 57 KB of states written; weights of 221 KB from L2.
#include "kernels/net/backward_ops.cuh"
#include "kernels/net/gates.hpp"
#include "kernels/net/squash.cuh"
#include "kernels/net/transposed.cuh"

namespace boxwarp::DEVICE {

namespace {

constexpr int kMostThreads = 256;
static_assert(kMostThreads == 64 / kPlaneChannels * static_cast<int>(kWarpLanes), "as many as 64 channels take");
constexpr int kParts = 8;  // of the sum for a channel of q: threads over pairs of channels, 4C / (C / 2)

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
};

// The block's shared memory: the tile of grad_gates, then floats, then the class of each row.
struct Room {
  Bf16* tile;                  // state tile of 4C channels
  float* class_sums;           // (kClassCount, 4C)
  float* tap_sums;             // (kTapCount, 4C): of the cells whose tap lies on the board
  float* parts;                // (kParts, C)
  std::uint8_t* class_of_row;  // (rows)

  static constexpr std::size_t bytes(const FusedShape& shape) {
    const auto C = static_cast<std::size_t>(shape.channels), G = static_cast<std::size_t>(shape.gates());
    return static_cast<std::size_t>(shape.state().elements(shape.gates())) * sizeof(Bf16) +
           (2 * kTapCount * G + kParts * C) * sizeof(float) + static_cast<std::size_t>(shape.state().rows());
  }
  __device__ Room(const FusedShape& shape, Bf16* begin)
      : tile(begin),
        class_sums(reinterpret_cast<float*>(begin + shape.state().elements(shape.gates()))),
        tap_sums(class_sums + kClassCount * shape.gates()),
        parts(tap_sums + kTapCount * shape.gates()),
        class_of_row(reinterpret_cast<std::uint8_t*>(parts + kParts * shape.channels)) {}
};

constexpr std::uint8_t kNoClass = 255;

// What a thread is and owns: of each m-tile two rows and two channels.
template <int M>
struct Owner {
  int warp, lane, channel;
  unsigned on_board;  // bit 2 m + half: that row of m-tile m is a cell

  __device__ Owner(const CellTile& tile)
      : warp(static_cast<int>(threadIdx.x / kWarpLanes)),
        lane(static_cast<int>(threadIdx.x % kWarpLanes)),
        channel(sum_channel(warp, lane, 0)),
        on_board(0) {
    for (int m = 0; m < M; ++m)
      for (int half = 0; half < 2; ++half)
        if (tile.on_board(row(m, half))) on_board |= 1u << (2 * m + half);
  }
  __device__ int row(int m, int half) const { return sum_row(m, lane, 2 * half); }
  __device__ bool is_cell(int m, int half) const { return (on_board >> (2 * m + half) & 1u) != 0; }
  // The thread's place among the groups of four floats or halves of a state.
  __device__ int place(int m) const { return (warp * M + m) * static_cast<int>(kWarpLanes) + lane; }
};

// grad_gates of one tick, to the tile; gradients of h and c before are those after, of c after it that before.
template <int M>
__device__ void gate_gradients(const Owner<M>& mine, const CellTile& tile, int C, OutputGate output, const Bf16* gates,
                               const Bf16* c_before, const Bf16* c_after, const float4* grad_h, float4* grad_c, Bf16* to) {
#pragma unroll 2
  for (int m = 0; m < M; ++m) {
    const int place = mine.place(m);
    const uint4* packed = reinterpret_cast<const uint4*>(gates) + 2 * place;
    const uint4 ij = packed[0], fo = packed[1];
    const uint2 before = reinterpret_cast<const uint2*>(c_before)[place],
                after = reinterpret_cast<const uint2*>(c_after)[place];
    const float4 h = grad_h[place], c = grad_c[place];
    const auto one = [output](float i, float j, float f, float o, float from, float next, float of_h, float of_c) {
      return cell_gradient({i, j, f, o}, from, FastSquash::tanh(next), {of_c, of_h}, output);
    };
    const CellGradient grads[4] = {
        one(low(ij.x), low(ij.z), low(fo.x), low(fo.z), low(before.x), low(after.x), h.x, c.x),
        one(high(ij.x), high(ij.z), high(fo.x), high(fo.z), high(before.x), high(after.x), h.y, c.y),
        one(low(ij.y), low(ij.w), low(fo.y), low(fo.w), low(before.y), low(after.y), h.z, c.z),
        one(high(ij.y), high(ij.w), high(fo.y), high(fo.w), high(before.y), high(after.y), h.w, c.w)};
    grad_c[place] = {grads[0].c, grads[1].c, grads[2].c, grads[3].c};
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const CellGradient &a = grads[2 * half], &b = grads[2 * half + 1];
      const bool cell = mine.is_cell(m, half);
      Bf16* at = to + tile.at(mine.channel, tile.origin() + mine.row(m, half));
      const int gate = tile.elements(C);  // from one gate to the next
      *reinterpret_cast<Bf16x2*>(at) = cell ? pack(a.before.i, b.before.i) : 0u;
      *reinterpret_cast<Bf16x2*>(at + gate) = cell ? pack(a.before.j, b.before.j) : 0u;
      *reinterpret_cast<Bf16x2*>(at + 2 * gate) = cell ? pack(a.before.f, b.before.f) : 0u;
      *reinterpret_cast<Bf16x2*>(at + 3 * gate) = cell ? pack(a.before.o, b.before.o) : 0u;
    }
  }
}

// grad_gates as the weights' gradients read them.
template <int M>
__device__ void keep_gate_gradients(const CellTile& tile, int planes, const Bf16* from, Bf16* to) {
  constexpr int kRows = kTileRows * M;
  for (int i = static_cast<int>(threadIdx.x); i < planes * kRows; i += static_cast<int>(blockDim.x))
    reinterpret_cast<uint4*>(to)[i] =
        *reinterpret_cast<const uint4*>(from + (i / kRows * tile.cells() + tile.origin() + i % kRows) * kPlaneChannels);
}

// Of four planes of the tile for each warp.
template <int M>
__device__ void sum_classes(const Owner<M>& mine, const CellTile& tile, int G, const Room& room, float* kept) {
  TileC sums[4] = {};
  const int lane = mine.lane, quad = lane / 4, pair = lane % 4 * 2;
  const Bf16* rows = room.tile + ((mine.warp * 4 + lane / 16) * tile.cells() + tile.origin() + lane % 16) * kPlaneChannels;
#pragma unroll 1
  for (int m = 0; m < M; ++m) {
    const auto is = [&](int spatial_class, int row) {
      const std::uint8_t* two = room.class_of_row + m * kTileRows + row;
      return (two[0] == spatial_class ? 0x3f80u : 0u) | (two[1] == spatial_class ? 0x3f800000u : 0u);
    };
    // Row quad is class quad, row quad + 8 of the first quad the ninth.
    const int ninth = quad == 0 ? 8 : kNoClass - 1;
    const TileA classes{{is(quad, pair), is(ninth, pair), is(quad, pair + 8), is(ninth, pair + 8)}};
#pragma unroll
    for (int two = 0; two < 2; ++two) {
      const FourTiles right = load_tiles_transposed(rows + (two * 2 * tile.cells() + m * kTileRows) * kPlaneChannels);
      multiply_tiles(sums[2 * two], classes, {{right.reg[0], right.reg[1]}});
      multiply_tiles(sums[2 * two + 1], classes, {{right.reg[2], right.reg[3]}});
    }
  }
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    const int at = (mine.warp * 4 + j) * kPlaneChannels + pair;
    const auto store = [&](int spatial_class, float first, float second) {
      float2 both{first, second};
      *reinterpret_cast<float2*>(room.class_sums + spatial_class * G + at) = both;
      *reinterpret_cast<float2*>(kept + spatial_class * G + at) = both;
    };
    store(quad, sums[j].x[0], sums[j].x[1]);
    if (quad == 0) store(8, sums[j].x[2], sums[j].x[3]);
  }
}

// Thread = gate channel.
__device__ void sum_taps(int G, const Room& room) {
  const int gate = static_cast<int>(threadIdx.x);
  float of_class[kClassCount];
#pragma unroll
  for (int i = 0; i < kClassCount; ++i) of_class[i] = room.class_sums[i * G + gate];
#pragma unroll
  for (int tap = 0; tap < kTapCount; ++tap) {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kClassCount; ++i)
      if (class_has_tap(i, tap)) sum += of_class[i];
    room.tap_sums[tap * G + gate] = sum;
  }
}

// Thread = two channels of q and one part in eight of the taps and gate channels.
__device__ void sum_injected(int C, const Bf16* weights, const Room& room) {
  const int pairs = C / 2, pair = static_cast<int>(threadIdx.x) % pairs, part = static_cast<int>(threadIdx.x) / pairs;
  const auto* from = reinterpret_cast<const Bf16x2*>(weights) + pair;
  float first = 0, second = 0;
#pragma unroll 8
  for (int i = part; i < kTapCount * kGateCount * C; i += kParts) {
    const Bf16x2 two = from[i * pairs];
    first += low(two) * room.tap_sums[i];
    second += high(two) * room.tap_sums[i];
  }
  room.parts[part * C + 2 * pair] = first;
  room.parts[part * C + 2 * pair + 1] = second;
}

// What the pooling hands to the cells: two numbers for each of the thread's channels.
struct PoolGradient {
  float maximum[2], to_maximum[2], to_all[2];

  __device__ float at(int which, float h) const { return to_all[which] + (h == maximum[which] ? to_maximum[which] : 0.0f); }
};

// h: of the thread's cells, two channels for each of 2 M rows.
template <int M>
__device__ PoolGradient pool_gradient(const Owner<M>& mine, int cells, int C, const float* project, const float* pooled,
                                      const Bf16x2 (&h)[2 * M], const Room& room, float* grad_project) {
  PoolGradient result;
#pragma unroll
  for (int which = 0; which < 2; ++which) {
    const int channel = mine.channel + which;
    float grad = 0;
#pragma unroll
    for (int part = 0; part < kParts; ++part) grad += room.parts[part * C + channel];
    const float maximum = pooled[channel], mean = pooled[C + channel];
    float ties = 0;
#pragma unroll
    for (int i = 0; i < 2 * M; ++i) {
      const float value = which == 0 ? low(h[i]) : high(h[i]);
      if (mine.is_cell(i / 2, i % 2) && value == maximum) ties += 1;
    }
    for (int distance = 4; distance <= 16; distance *= 2) ties += __shfl_xor_sync(kWholeWarp, ties, distance);
    result.maximum[which] = maximum;
    result.to_maximum[which] = grad * project[channel] / ties;
    result.to_all[which] = grad * project[C + channel] / static_cast<float>(cells);
    if (mine.lane / 4 == 0) {
      grad_project[channel] += grad * maximum;
      grad_project[C + channel] += grad * mean;
    }
  }
  return result;
}

template <int M, int kTiles>
__global__ void __launch_bounds__(kMostThreads, 1) grad_conv_lstm_kernel(const __grid_constant__ UnrollBack work) {
  const FusedShape& shape = work.shape;
  const int C = shape.channels, G = shape.gates(), D = shape.layers, B = work.stretch.boards,
            b = static_cast<int>(blockIdx.x);
  const CellTile tile = state_tile(shape.height, shape.width, M);
  const Room room(shape, &shared<Bf16>());
  const Owner<M> mine(tile);
  const ActivationIndex at{shape, B};
  const auto state = [&](float* array, int d) {
    return reinterpret_cast<float4*>(
        array + (static_cast<std::size_t>(d) * static_cast<std::size_t>(B) + static_cast<std::size_t>(b)) *
                    static_cast<std::size_t>(SumOrder{M, 1}.elements(C)));
  };
  float* const grad_project = work.scratch.grad_project + static_cast<std::size_t>(b * D * 2 * C);
  const auto erase = [&] {
    for (int d = 0; d < D; ++d)
#pragma unroll 1
      for (int m = 0; m < M; ++m)
        state(work.scratch.grad_h, d)[mine.place(m)] = state(work.scratch.grad_c, d)[mine.place(m)] = {0, 0, 0, 0};
  };

  for (int i = static_cast<int>(threadIdx.x); i < tile.elements(G) / 8; i += static_cast<int>(blockDim.x))
    reinterpret_cast<uint4*>(room.tile)[i] = uint4{0, 0, 0, 0};
  for (int row = static_cast<int>(threadIdx.x); row < tile.rows(); row += static_cast<int>(blockDim.x))
    room.class_of_row[row] =
        tile.on_board(row) ? static_cast<std::uint8_t>(class_of(tile.y_of(row), tile.x_of(row), shape.height, shape.width))
                           : kNoClass;
  if (!work.stretch.adds) {
    if (mine.lane / 4 == 0)
      for (int i = 0; i < 4 * D; ++i) grad_project[i / 2 * C + mine.channel + i % 2] = 0;
    erase();
  }
  __syncthreads();

  for (int t = work.stretch.steps - 1; t >= 0; --t) {
    // The head's share reaches the last layer's h of the step's last tick.
    const float* features = work.scratch.grad_features + at.features(t, b);
#pragma unroll 1
    for (int m = 0; m < M; ++m) {
      float4& sum = state(work.scratch.grad_h, D - 1)[mine.place(m)];
      const auto add = [&](int half, float& first, float& second) {
        if (!mine.is_cell(m, half)) return;
        const int row = mine.row(m, half);
        const float2 two =
            *reinterpret_cast<const float2*>(features + (tile.y_of(row) * shape.width + tile.x_of(row)) * C + mine.channel);
        first += two.x;
        second += two.y;
      };
      float4 four = sum;
      add(0, four.x, four.y);
      add(1, four.z, four.w);
      sum = four;
    }
    for (int k = shape.ticks - 1; k >= 0; --k) {
      for (int d = D - 1; d >= 0; --d) {
        Bf16* const gates = work.kept.gates + at.gates(t, k, d, b);
        gate_gradients(mine, tile, C, shape.output_gate, gates, work.kept.cells + at.cells(t, k, d, b),
                       work.kept.cells + at.cells(t, k + 1, d, b), state(work.scratch.grad_h, d),
                       state(work.scratch.grad_c, d), room.tile);
        __syncthreads();  // the tile is whole, and everybody has read the gates
        keep_gate_gradients<M>(tile, G / kPlaneChannels, room.tile, gates);
        sum_classes(mine, tile, G, room,
                    work.scratch.class_sums + at.tick(t, k, d, b) * static_cast<std::size_t>(kClassCount * G));
        __syncthreads();
        sum_taps(G, room);
        __syncthreads();
        sum_injected(C, work.injected_back + static_cast<std::size_t>(d) * input_elements(shape), room);

        TileC sums[M][kTiles] = {};
        transposed<M, kTiles>(mine.warp, mine.lane, tile, C,
                              work.recurrent_back + static_cast<std::size_t>(d) * recurrent_back_elements(shape), room.tile,
                              sums);
        __syncthreads();  // the parts of q are there, and the tile may be overwritten

        Bf16x2 h[2 * M];
        const Bf16* own = work.kept.hidden + at.hidden(t, k, d, b);
#pragma unroll
        for (int i = 0; i < 2 * M; ++i)
          h[i] = *reinterpret_cast<const Bf16x2*>(own + tile.at(mine.channel, tile.origin() + mine.row(i / 2, i % 2)));
        const PoolGradient pool =
            pool_gradient<M>(mine, shape.cells(), C, work.project + d * 2 * C, work.kept.pooled + at.pooled(t, k, d, b), h,
                             room, grad_project + d * 2 * C);
        float4* const grad_h = state(work.scratch.grad_h, d);
        float4* const grad_below = state(work.scratch.grad_h, d > 0 ? d - 1 : D - 1);
#pragma unroll
        for (int m = 0; m < M; ++m) {
          const TileC& from = sums[m][kTiles - 1];
          grad_h[mine.place(m)] = {from.x[0] + pool.at(0, low(h[2 * m])), from.x[1] + pool.at(1, high(h[2 * m])),
                                   from.x[2] + pool.at(0, low(h[2 * m + 1])), from.x[3] + pool.at(1, high(h[2 * m + 1]))};
          if constexpr (kTiles == 2) {
            float4 below = grad_below[mine.place(m)];
            below.x += sums[m][0].x[0];
            below.y += sums[m][0].x[1];
            below.z += sums[m][0].x[2];
            below.w += sums[m][0].x[3];
            grad_below[mine.place(m)] = below;
          }
        }
      }
    }
    if (work.starts[at.step(t, b)] != 0) erase();
  }

  for (int d = 0; d < D; ++d) {
#pragma unroll 1
    for (int m = 0; m < M; ++m) {
#pragma unroll 1
      for (int half = 0; half < 2; ++half) {
        if (!mine.is_cell(m, half)) continue;
        const int row = mine.row(m, half);
        const std::size_t to = (static_cast<std::size_t>(d * B + b) * static_cast<std::size_t>(shape.cells()) +
                                static_cast<std::size_t>(tile.y_of(row) * shape.width + tile.x_of(row))) *
                                   static_cast<std::size_t>(C) +
                               static_cast<std::size_t>(mine.channel);
        const auto copy = [&](float* array, float4 from) {
          if (array == nullptr) return;
          array[to] = half == 0 ? from.x : from.z;
          array[to + 1] = half == 0 ? from.y : from.w;
        };
        copy(work.grad_h_start, state(work.scratch.grad_h, d)[mine.place(m)]);
        copy(work.grad_c_start, state(work.scratch.grad_c, d)[mine.place(m)]);
      }
    }
  }
}

}  // namespace

void conv_lstm_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const Stretch& stretch,
                        const std::uint8_t* episode_starts, const FusedActivations& kept, const BackwardScratch& scratch,
                        float* grad_h_start, float* grad_c_start) {
  const UnrollBack work{
      shape,   weights.recurrent_back, weights.injected_back, weights.project, kept, scratch, episode_starts,
      stretch, grad_h_start,           grad_c_start};
  const Geometry geometry{.blocks = static_cast<unsigned>(stretch.boards),
                          .threads = static_cast<unsigned>(shape.warps()) * kWarpLanes,
                          .shared_bytes = Room::bytes(shape)};
  const auto run = [&](auto kernel) { launch(executor, "grad_conv_lstm", kernel, geometry, work); };
  const bool one = shape.layers == 1;
  if (shape.m_tiles == 4)
    one ? run(grad_conv_lstm_kernel<4, 1>) : run(grad_conv_lstm_kernel<4, 2>);
  else
    one ? run(grad_conv_lstm_kernel<7, 1>) : run(grad_conv_lstm_kernel<7, 2>);
}

}  // namespace boxwarp::DEVICE
