// A whole unroll of the ConvLSTM in one launch: T steps of K ticks of D layers, the boards independent of one another.
//
//   q = P0 max(h) + P1 mean(h)                               over the board, per channel
//   gates = input[d] + conv3x3([p, h, q]) + constant         p: h of the layer below; for the first layer, of the last one
//   c' = f c + i j,  h' = o tanh(c')                         (gates.hpp; Taufeeque et al. 2024, arXiv 2407.15421)
//
// Block = a few boards, C / 8 warps for each; a warp has eight channels with all four gates of every cell, so that what
// follows the product stays inside of a thread. h lives in shared memory as tiles (tiles.hpp), c in float32 passes through
// L2, and weights stream through a ring in shared memory that all boards of the block read: one product after another takes
// them in the same order, so the next layer's first ones arrive while this one's gates are computed. What q adds is one more
// m-tile whose rows are the spatial classes: row s has q under those taps that lie on the board for a cell of class s.
//
// Per board and layer of a tick, C = 32 on 10x10: 4,320 mma, 4,032 of them for p and h; 5 special functions for each cell
// and channel. Bytes from L2: 221 KB of weights for the whole block; for each board 29 KB of input part and 29 KB of c.
#include "kernels/net/conv_lstm_tile.hpp"
#include "kernels/net/fragments.cuh"
#include "kernels/net/fused_ops.cuh"
#include "kernels/net/gates.hpp"
#include "kernels/net/squash.cuh"

namespace boxwarp::DEVICE {

namespace {

constexpr std::uint8_t kNoCell = 255;  // in place of the class of a row that is none

// What a product row is: no cell, or one of a class.
struct Row {
  std::uint8_t spatial_class, cell;  // cell: y * W + x

  __device__ bool is_cell() const { return spatial_class != kNoCell; }
};

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
  __device__ Bf16* injected(const Unrolling& work, int d) const {
    return reinterpret_cast<Bf16*>(block_memory() + memory + work.tile.injected) + d * work.shape.channels;
  }
};

__device__ inline Row* rows_of(const ConvLstmTile& tile) { return reinterpret_cast<Row*>(block_memory() + tile.rows); }

// Brings weights into the ring, kRingStages - 1 stages ahead.
struct Stream {
  int next;   // stage of all layers' that is asked for next
  int asked;  // so many have been

  __device__ void ask(const Unrolling& work) {
    const int elements = work.tile.stage;
    if (asked < work.stages) {
      const Bf16* from = work.weights + next * elements;
      Bf16* to = reinterpret_cast<Bf16*>(block_memory()) + asked % kRingStages * elements;
      for (int i = 8 * static_cast<int>(threadIdx.x); i < elements; i += 8 * static_cast<int>(blockDim.x))
        copy_later(to + i, from + i);
      next = next + 1 == work.tile.all_stages ? 0 : next + 1;
    }
    close_copies();
    ++asked;
  }

  // Waits until the next stage is there for all threads of the block, and asks for one in the place of the stage before.
  __device__ const Bf16* take(const Unrolling& work) {
    wait_for_copies<kRingStages - 2>();
    __syncthreads();
    const int slot = (asked + 1) % kRingStages;
    ask(work);
    return reinterpret_cast<const Bf16*>(block_memory()) + slot * work.tile.stage;
  }
};

// ---- pooling

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
__device__ void leave_pooled(const Unrolling& work, const Worker& me, int d, float2 maximum, float2 mean) {
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

__device__ void leave_pooled(const Unrolling& work, const Worker& me, int d, Pool pool) {
  pool.join();
  const auto cells = static_cast<float>(work.shape.cells());
  leave_pooled(work, me, d, make_float2(pool.maximum[0], pool.maximum[1]),
               make_float2(pool.sum[0] / cells, pool.sum[1] / cells));
}

__device__ void keep_pooled(const Unrolling& work, const Worker& me, int t, int k, int d) {
  if (work.kept.pooled == nullptr || !me.here(work) || me.lane >= 4) return;
  const int C = work.shape.channels, channel = me.channel();
  float* to = work.kept.pooled + work.index().pooled(t, k, d, me.board(work)) + channel;
  const float* from = me.pooled(work, d) + channel;
  for (int i = 0; i < 3; ++i) *reinterpret_cast<float2*>(to + i * C) = *reinterpret_cast<const float2*>(from + i * C);
}

// ---- states at the edges of steps

// c of layer d, the lane's values of the first m-tile; those of the others follow at a distance of 32 * 4.
__device__ float4* state_of(const Unrolling& work, const Worker& me, int d, int m_tiles) {
  const SumOrder order{m_tiles, 1};
  const int at = (me.asked * work.shape.layers + d) * order.elements(work.shape.channels);
  return reinterpret_cast<float4*>(work.state + at + order.lane_at(me.warp, 0, me.lane));
}

// Where the values of a product row's cell lie in an array (D, B, H, W, C).
__device__ std::size_t dense_at(const Unrolling& work, const Worker& me, int d, int row) {
  const int cell = rows_of(work.tile)[row].cell;
  return (static_cast<std::size_t>(d * work.unroll.boards + me.board(work)) * work.shape.cells() + cell) *
             work.shape.channels +
         me.channel();
}

// A lane's two rows of each m-tile, visit(m, half, row), those without a cell left out.
template <int M, class Visit>
__device__ void for_each_row(const Unrolling& work, const Worker& me, Visit&& visit) {
  const Row* rows = rows_of(work.tile);
  for (int m = 0; m < M; ++m) {
    for (int half = 0; half < 2; ++half) {
      const int row = sum_row(m, me.lane, 2 * half);
      if (rows[row].is_cell()) visit(m, half, row);
    }
  }
}

__device__ void clear_planes(const Unrolling& work, const Worker& me, int d) {
  const int plane = work.tile.plane;
  clear(me.hidden(work.tile, d) + me.warp * plane, plane, me.lane, static_cast<int>(kWarpLanes));
  __syncwarp();
}

// States before the first step. A warp touches its own planes only.
template <int M>
__device__ void begin_unroll(const Unrolling& work, const Worker& me) {
  for (int d = 0; d < work.shape.layers; ++d) {
    clear_planes(work, me, d);
    float4* c = state_of(work, me, d, M);
    for (int m = 0; m < M; ++m) c[m * kWarpLanes] = float4{0, 0, 0, 0};
    Pool pool;
    for_each_row<M>(work, me, [&](int m, int half, int row) {
      const std::size_t at = dense_at(work, me, d, row);
      const float2 h = *reinterpret_cast<const float2*>(work.unroll.h_start + at);
      const Bf16x2 rounded = pack(h.x, h.y);
      pool.add(rounded);
      *reinterpret_cast<Bf16x2*>(me.hidden(work.tile, d) + me.in_tile(work.tile) + row * kPlaneChannels) = rounded;
      reinterpret_cast<float2*>(&c[m * kWarpLanes])[half] = *reinterpret_cast<const float2*>(work.unroll.c_start + at);
    });
    leave_pooled(work, me, d, pool);
  }
}

// Zeros where an episode starts; then what the step begins with is kept.
template <int M>
__device__ void begin_step(const Unrolling& work, const Worker& me, int t) {
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
    for (int m = 0; m < M; ++m) {
      const float4 value = c[m * kWarpLanes];
      *reinterpret_cast<uint2*>(cells + order.lane_at(me.warp, m, me.lane)) =
          make_uint2(pack(value.x, value.y), pack(value.z, value.w));
    }
  }
}

template <int M>
__device__ void end_unroll(const Unrolling& work, const Worker& me) {
  if (!me.here(work)) return;
  for (int d = 0; d < work.shape.layers; ++d) {
    const float4* c = state_of(work, me, d, M);
    for_each_row<M>(work, me, [&](int m, int half, int row) {
      const std::size_t at = dense_at(work, me, d, row);
      const Bf16x2 h =
          *reinterpret_cast<const Bf16x2*>(me.hidden(work.tile, d) + me.in_tile(work.tile) + row * kPlaneChannels);
      if (work.unroll.h_end != nullptr)
        *reinterpret_cast<float2*>(work.unroll.h_end + at) = make_float2(first_of(h), second_of(h));
      if (work.unroll.c_end != nullptr)
        *reinterpret_cast<float2*>(work.unroll.c_end + at) = reinterpret_cast<const float2*>(&c[m * kWarpLanes])[half];
    });
  }
}

// ---- one layer of one tick

// What e adds, from the encoder.
template <int M>
__device__ void begin_sums(const Unrolling& work, const Worker& worker, int t, int d, GateSums<M>& sums) {
  const Worker me = worker.afresh();
  const SumOrder order{M, kGateCount};
  const auto* from = reinterpret_cast<const uint4*>(work.input + work.index().input(t, me.board(work), d) +
                                                    order.lane_at(me.warp, 0, me.lane));
#pragma unroll
  for (int m = 0; m < M; ++m) {
#pragma unroll
    for (int two = 0; two < 2; ++two) {
      const uint4 bits = from[m * static_cast<int>(kWarpLanes) * 2 + two];
      sums.sum[m][2 * two] = {{first_of(bits.x), second_of(bits.x), first_of(bits.y), second_of(bits.y)}};
      sums.sum[m][2 * two + 1] = {{first_of(bits.z), second_of(bits.z), first_of(bits.w), second_of(bits.w)}};
    }
  }
}

// q of 16 channels under a tap, as a left operand with a row for each spatial class: zeros where the tap leaves the board.
__device__ TileA injected_operand(const Bf16* q, int tap, int lane) {
  const int row = lane / 4, pair = lane % 4 * 2;
  const Bf16x2 low = *reinterpret_cast<const Bf16x2*>(q + pair), high = *reinterpret_cast<const Bf16x2*>(q + pair + 8);
  const bool upper = class_has_tap(row, tap), lower = row == 0 && class_has_tap(8, tap);
  return {{upper ? low : 0, lower ? low : 0, upper ? high : 0, lower ? high : 0}};
}

// What q and the constants add in each class, where all lanes of the warp find it.
__device__ void inject(const Unrolling& work, const Worker& worker, int d, Stream& stream) {
  const Worker me = worker.afresh();
  const FusedShape& shape = work.shape;
  const ConvLstmTile& memory = work.tile;
  const int G = shape.gates(), row = me.lane / 4, each = shape.channels / kTileDepth;
  TileC sum[kGateCount] = {};
  int tap = 0, part = 0;
  for (int stage = 0; stage < memory.injected_stages; ++stage) {
    const Bf16* weights = stream.take(work);
    for (int i = 0; i < memory.stage_k_tiles; ++i) {
      const GateOperand right = load_gate_operand(weights + i * memory.k_tile, me.warp, me.lane);
      const TileA left = injected_operand(me.injected(work, d) + part * kTileDepth, tap, me.lane);
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
      *reinterpret_cast<float2*>(me.classes(work.tile) + spatial_class * G + at) =
          make_float2(first + add.x, second + add.y);
    };
    leave(row, sum[gate].x[0], sum[gate].x[1]);
    if (row == 0) leave(8, sum[gate].x[2], sum[gate].x[3]);
  }
  __syncwarp();
}

__device__ inline int tap_distance(const ConvLstmTile& tile, int tap) {
  return (tap / 3 - 1) * tile.row_pitch + (tap % 3 - 1) * kPlaneChannels;
}

// What p and h add.
template <int M>
__device__ void multiply(const Unrolling& work, const Worker& worker, int d, Stream& stream, GateSums<M>& sums) {
  const Worker me = worker.afresh();
  const FusedShape& shape = work.shape;
  const ConvLstmTile& memory = work.tile;
  const int depth = kTileDepth / kPlaneChannels * memory.plane;
  const int start =
      left_channel(me.lane) / kPlaneChannels * memory.plane + memory.origin + left_cell(me.lane) * kPlaneChannels;
  const int each = shape.channels / kTileDepth;
  const int h = d * memory.tile + start;
  const int first = shape.layers == 1 ? h : (d == 0 ? shape.layers - 1 : d - 1) * memory.tile + start;
  int rows = first + tap_distance(memory, 0), tap = 0, part = 0;
  for (int stage = memory.injected_stages; stage < memory.layer_stages; ++stage) {
    const Bf16* weights = stream.take(work);
    for (int i = 0; i < memory.stage_k_tiles; ++i, weights += memory.k_tile) {
      add_products(sums, me.hidden(memory, 0) + rows, load_gate_operand(weights, me.warp, me.lane));
      rows += depth;
      ++part;
      if (part == each && shape.layers > 1) rows = h + tap_distance(memory, tap);
      if (part * kTileDepth == shape.inputs()) {
        part = 0;
        ++tap;
        rows = first + tap_distance(memory, tap);
      }
    }
  }
}

// Gates and states of all rows; h goes to the tile, c to its place, and what backward needs is kept.
template <int M>
__device__ void update(const Unrolling& work, const Worker& worker, int t, int k, int d, GateSums<M>& sums) {
  const Worker me = worker.afresh();
  const FusedShape& shape = work.shape;
  const int channel = me.channel(), C = shape.channels, G = shape.gates();
  const int in_tile = me.in_tile(work.tile);
  Bf16* const hidden = me.hidden(work.tile, d) + in_tile;
  float4* const state = state_of(work, me, d, M);
  const bool keeps = work.kept.gates != nullptr && me.here(work);
  // Places in the kept arrays are found anew wherever they are needed: registers are scarce here.
  const auto index = work.index();
  const bool skips = d == shape.layers - 1 && k == shape.ticks - 1 && me.here(work);

  const Row* const rows = rows_of(work.tile);
  Pool pool;
#pragma unroll
  for (int m = 0; m < M; ++m) {
    float4 c = state[m * static_cast<int>(kWarpLanes)];
    float* const c_of[4] = {&c.x, &c.y, &c.z, &c.w};
    Bf16x2 active[kGateCount][2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = sum_row(m, me.lane, 2 * half);
      const Row what = rows[row];
      const bool cell = what.is_cell();
      const float* add = me.classes(work.tile) + (cell ? what.spatial_class : 0) * G + channel;
      float2 constant[kGateCount];
#pragma unroll
      for (int gate = 0; gate < kGateCount; ++gate) constant[gate] = *reinterpret_cast<const float2*>(add + gate * C);
      Gates gates[2];
      float h[2];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const auto before = [&](int gate) {
          return sums.sum[m][gate].x[2 * half + i] + (i == 0 ? constant[gate].x : constant[gate].y);
        };
        gates[i] = activated<FastSquash>({before(0), before(1), before(2), before(3)});
        const CellState next = next_state<FastSquash>(gates[i], *c_of[2 * half + i]);
        *c_of[2 * half + i] = cell ? next.c : 0.0f;
        h[i] = next.h;
      }
      active[0][half] = pack(gates[0].i, gates[1].i);
      active[1][half] = pack(gates[0].j, gates[1].j);
      active[2][half] = pack(gates[0].f, gates[1].f);
      active[3][half] = pack(gates[0].o, gates[1].o);
      if (!cell) continue;
      const Bf16x2 rounded = pack(h[0], h[1]);
      pool.add(rounded);
      *reinterpret_cast<Bf16x2*>(hidden + row * kPlaneChannels) = rounded;
      if (keeps) {
        Bf16* to = work.kept.hidden + index.hidden(t, k + 1, d, me.board(work)) + in_tile;
        *reinterpret_cast<Bf16x2*>(to + row * kPlaneChannels) = rounded;
      }
      if (skips) {
        const Bf16x2 e = *reinterpret_cast<const Bf16x2*>(work.kept.skip + work.index().skip(t, me.board(work)) + in_tile +
                                                          row * kPlaneChannels);
        const int feature = what.cell * C + channel;
        *reinterpret_cast<Bf16x2*>(work.kept.features + work.index().features(t, me.board(work)) + feature) =
            pack(first_of(rounded) + first_of(e), second_of(rounded) + second_of(e));
      }
    }
    state[m * static_cast<int>(kWarpLanes)] = c;
    if (keeps) {
      Bf16* cells = work.kept.cells + index.cells(t, k + 1, d, me.board(work));
      *reinterpret_cast<uint2*>(cells + SumOrder{M, 1}.lane_at(me.warp, m, me.lane)) =
          make_uint2(pack(c.x, c.y), pack(c.z, c.w));
      Bf16* gates = work.kept.gates + index.gates(t, k, d, me.board(work));
      auto* to = reinterpret_cast<uint4*>(gates + SumOrder{M, kGateCount}.lane_at(me.warp, m, me.lane));
      to[0] = uint4{active[0][0], active[0][1], active[1][0], active[1][1]};
      to[1] = uint4{active[2][0], active[2][1], active[3][0], active[3][1]};
    }
  }
  leave_pooled(work, me, d, pool);
}

template <int M>
__device__ void tick(const Unrolling& work, const Worker& me, int t, int k, int d, Stream& stream) {
  keep_pooled(work, me, t, k, d);
  inject(work, me, d, stream);
  GateSums<M> sums;
  begin_sums(work, me, t, d, sums);
  multiply(work, me, d, stream, sums);
  __syncthreads();  // h has been read by all warps of the board
  update(work, me, t, k, d, sums);
}

template <int M>
__global__ void __launch_bounds__(kForwardWarps* kWarpLanes, 1)
    conv_lstm_forward_kernel(const __grid_constant__ Unrolling work, int boards_each) {
  const FusedShape& shape = work.shape;
  const CellTile cells = shape.state();
  for (int row = static_cast<int>(threadIdx.x); row < cells.rows(); row += static_cast<int>(blockDim.x)) {
    const int y = cells.y_of(row), x = cells.x_of(row);
    rows_of(work.tile)[row] = cells.on_board(row) ? Row{static_cast<std::uint8_t>(class_of(y, x, shape.height, shape.width)),
                                                        static_cast<std::uint8_t>(y * shape.width + x)}
                                                  : Row{kNoCell, 0};
  }
  const int warp = static_cast<int>(threadIdx.x / kWarpLanes), slot = warp / shape.warps();
  const Worker me{.asked = static_cast<int>(blockIdx.x) * boards_each + slot,
                  .warp = warp % shape.warps(),
                  .lane = static_cast<int>(threadIdx.x % kWarpLanes),
                  .memory = work.tile.boards + slot * work.tile.board_bytes};
  Stream stream{0, 0};
  for (int i = 0; i < kRingStages - 1; ++i) stream.ask(work);
  __syncthreads();  // rows

  begin_unroll<M>(work, me);
  for (int t = 0; t < work.unroll.steps; ++t) {
    begin_step<M>(work, me, t);
    for (int k = 0; k < shape.ticks; ++k) {
      for (int d = 0; d < shape.layers; ++d) tick<M>(work, me, t, k, d, stream);
    }
  }
  end_unroll<M>(work, me);
}

}  // namespace

bool conv_lstm_fits(const FusedShape& shape) { return boards_of_block(shape, 1, 1, kLeastSharedBytes) > 0; }

void conv_lstm_forward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const UnrollView& unroll,
                       const FusedScratch& scratch, const FusedActivations& activations) {
  const DeviceLimits limits = device_limits();
  const int each = boards_of_block(shape, unroll.boards, limits.multiprocessors, limits.shared_bytes);
  const ConvLstmTile tile = conv_lstm_tile(shape);
  const Geometry geometry{.blocks = static_cast<unsigned>((unroll.boards + each - 1) / each),
                          .threads = static_cast<unsigned>(each * shape.warps()) * kWarpLanes,
                          .shared_bytes = static_cast<std::size_t>(tile.bytes(each))};
  const Unrolling work{.shape = shape,
                       .tile = tile,
                       .unroll = unroll,
                       .kept = activations,
                       .weights = weights.recurrent,
                       .constant = weights.constant,
                       .project = weights.project,
                       .input = scratch.input,
                       .state = scratch.state,
                       .stages = unroll.steps * shape.ticks * tile.all_stages};
  constexpr auto few = conv_lstm_forward_kernel<kMTiles[0]>, many = conv_lstm_forward_kernel<kMTiles[1]>;
  launch(executor, "conv_lstm_forward", shape.m_tiles == kMTiles[0] ? few : many, geometry, work, each);
}

}  // namespace boxwarp::DEVICE
