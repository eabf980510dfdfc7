// Pieces of kernels with nothing left to run time but the data: no loop remains, so the instructions of a piece are what it
// executes. Pieces that stand once and twice tell what one more of them costs. bench/model/count.py compiles and counts
// this; nothing runs it.
#include "kernels/collective.cuh"
#include "kernels/learn/gradient_step.hpp"
#include "kernels/learn/losses.hpp"
#include "kernels/learn/sampling.hpp"
#include "kernels/sokoban/random.hpp"

namespace boxwarp::cuda {

namespace {

constexpr int kTiles = 7, kGates = 4, kActions = 4;

struct Operands {
  Bf16 cells[8192];
  uint4 weights[2048];
};

// As kernels/net takes them: one special function each.
__device__ float fast_tanh(float x) {
  float y;
  asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ float sigmoid(float x) { return 0.5f + 0.5f * fast_tanh(0.5f * x); }

__device__ TrajectoryView fixed(TrajectoryView trajectory) {
  trajectory.actions = kActions;
  return trajectory;
}

__device__ std::size_t thread_of_grid() { return std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; }

}  // namespace

extern "C" {

// A warp's products along 16 of K: 112 cells by 8 channels with four gates each.
#define PIECE_PRODUCTS(name, steps)                                                                       \
  __global__ void __launch_bounds__(128) name(const Bf16* offsets, TileC* out) {                          \
    Operands& tile = shared<Operands>();                                                                  \
    TileC sums[kTiles][kGates] = {};                                                                      \
    const Bf16* row = tile.cells + threadIdx.x * 8;                                                       \
    _Pragma("unroll") for (int k = 0; k < steps; ++k) {                                                   \
      TileB weights[kGates];                                                                              \
      for (int half = 0; half < 2; ++half) {                                                              \
        const uint4 four = tile.weights[(2 * k + half) * 128 + threadIdx.x];                              \
        weights[2 * half] = {{four.x, four.y}};                                                           \
        weights[2 * half + 1] = {{four.z, four.w}};                                                       \
      }                                                                                                   \
      _Pragma("unroll") for (int m = 0; m < kTiles; ++m) {                                                \
        const FourTiles four = load_tiles(row + k * 1024 + m * 128);                                      \
        const TileA cells{{four.reg[0], four.reg[1], four.reg[2], four.reg[3]}};                          \
        _Pragma("unroll") for (int g = 0; g < kGates; ++g) multiply_tiles(sums[m][g], cells, weights[g]); \
      }                                                                                                   \
    }                                                                                                     \
    for (int m = 0; m < kTiles; ++m)                                                                      \
      for (int g = 0; g < kGates; ++g) out[(m * kGates + g) * 128 + threadIdx.x] = sums[m][g];            \
  }
PIECE_PRODUCTS(piece_products_once, 2)
PIECE_PRODUCTS(piece_products_twice, 3)

// Gates and state of a thread's four values: two channels of two cells. i, o = tanh; j, f = sigmoid.
#define PIECE_GATES(name, times)                                                                                           \
  __global__ void __launch_bounds__(128)                                                                                   \
      name(const float4* sums, const uint2* inputs, const float4* constant, float4* c, uint2* kept, Bf16x2* h) {           \
    _Pragma("unroll") for (int m = 0; m < times; ++m) {                                                                    \
      float before[kGates][4];                                                                                             \
      for (int g = 0; g < kGates; ++g) {                                                                                   \
        const float4 sum = sums[(m * kGates + g) * 128 + threadIdx.x];                                                     \
        const float4 always = constant[(m * kGates + g) * 128 + threadIdx.x];                                              \
        const uint2 input = inputs[(m * kGates + g) * 128 + threadIdx.x];                                                  \
        before[g][0] = sum.x + always.x + __uint_as_float(input.x << 16);                                                  \
        before[g][1] = sum.y + always.y + __uint_as_float(input.x & 0xffff0000u);                                          \
        before[g][2] = sum.z + always.z + __uint_as_float(input.y << 16);                                                  \
        before[g][3] = sum.w + always.w + __uint_as_float(input.y & 0xffff0000u);                                          \
      }                                                                                                                    \
      float4 state = c[m * 128 + threadIdx.x];                                                                             \
      float* const states[4] = {&state.x, &state.y, &state.z, &state.w};                                                   \
      float next[4];                                                                                                       \
      _Pragma("unroll") for (int v = 0; v < 4; ++v) {                                                                      \
        before[0][v] = fast_tanh(before[0][v]);                                                                            \
        before[1][v] = sigmoid(before[1][v]);                                                                              \
        before[2][v] = sigmoid(before[2][v]);                                                                              \
        before[3][v] = fast_tanh(before[3][v]);                                                                            \
        *states[v] = before[2][v] * *states[v] + before[0][v] * before[1][v];                                              \
        next[v] = before[3][v] * fast_tanh(*states[v]);                                                                    \
      }                                                                                                                    \
      c[m * 128 + threadIdx.x] = state;                                                                                    \
      for (int g = 0; g < kGates; ++g)                                                                                     \
        kept[(m * kGates + g) * 128 + threadIdx.x] = {pack(before[g][0], before[g][1]), pack(before[g][2], before[g][3])}; \
      h[m * 256 + threadIdx.x] = pack(next[0], next[1]);                                                                   \
      h[m * 256 + 128 + threadIdx.x] = pack(next[2], next[3]);                                                             \
    }                                                                                                                      \
  }
PIECE_GATES(piece_gates_once, 1)
PIECE_GATES(piece_gates_twice, 2)

__global__ void piece_vtrace(const __grid_constant__ TrajectoryView trajectory, const __grid_constant__ LossCoefficients by,
                             const double* estimates, double* ratio, float* grad_logits, float* grad_values,
                             LossSums* sums) {
  const std::size_t i = thread_of_grid();
  const TrajectoryView view = fixed(trajectory);
  const LossOfSample loss{view, by, 0.01, grad_logits, grad_values};
  ratio[i] = loss.clipped_ratio_of(i, softmax(loss.logits(i), kActions));
  LossSums mine;
  loss.add_vtrace(i, softmax(loss.logits(i), kActions), {estimates[i], estimates[i + 1]}, mine);
  sums[i] = mine;
}

__global__ void piece_ppo(const __grid_constant__ TrajectoryView trajectory, const __grid_constant__ LossCoefficients by,
                          const float* estimates, float* grad_logits, float* grad_values, LossSums* sums) {
  const std::size_t i = thread_of_grid();
  const TrajectoryView view = fixed(trajectory);
  const LossOfSample loss{view, by, 0.01, grad_logits, grad_values};
  LossSums mine;
  loss.add_ppo(i, softmax(loss.logits(i), kActions), estimates[i], estimates[i + 1], mine);
  sums[i] = mine;
}

__global__ void piece_sample(const float* logits, const std::uint64_t* seed, std::uint8_t* action) {
  const std::size_t i = thread_of_grid();
  const RandomWords words = draw(seed[i], static_cast<std::uint32_t>(i), Stream::action, seed[0]);
  action[i] = static_cast<std::uint8_t>(inverted(logits + i * kActions, kActions, unit_interval(words.word[0])));
}

__global__ void piece_adam(const __grid_constant__ AdamStep step, const float* gradient, float* parameters, float* m,
                           float* v) {
  const std::size_t i = thread_of_grid();
  step.apply(gradient[i], parameters[i], m[i], v[i]);
}

}  // extern "C"

}  // namespace boxwarp::cuda
