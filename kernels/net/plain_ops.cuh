// The operations of the plain network: what the files plain_*.cu give to those that put it together.
//
// Each is one simple kernel (a sum over many rows: two, in a fixed order) that covers every size; a network is put together
// from them launch by launch. Everything is float32, but that products of convolutions may be taken of operands rounded to
// bfloat16, on tensor cores. Maps are channels last and dense: (images, cells, channels), where a cell is y * width + x and
// channels are a multiple of four, the missing ones filled up with zeros. Every pointer is the device's; those of maps and
// weights are aligned to 16 bytes. "rows" counts images times cells.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/bf16.hpp"
#include "kernels/dialect.cuh"
#include "kernels/net/net.hpp"
#include "kernels/net/tile_weights.hpp"
#include "kernels/sokoban/host_device.hpp"

namespace boxwarp::DEVICE::plain {

inline constexpr unsigned kThreads = 128;  // of a block of every kernel here
inline constexpr int kQuad = 4;            // channels that a thread loads at once

inline Geometry geometry_of(std::int64_t threads) {
  return {.blocks = static_cast<unsigned>((threads + kThreads - 1) / kThreads), .threads = kThreads};
}

// The number of this thread in its grid.
__device__ inline std::int64_t thread_number() { return std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x; }

HOST_DEVICE constexpr int padded_to_quads(int channels) { return (channels + kQuad - 1) / kQuad * kQuad; }

// ---- convolution (convolution.cu); a dense layer is one of kernel 1 over images of one cell

// The images that a convolution of stride 1 goes over.
struct Images {
  std::int64_t count;
  int height, width;

  HOST_DEVICE std::int64_t rows() const { return count * height * width; }
};

// Weights as kernels read them: float32, or rounded for tensor cores (on tiles). Backward has the last tap first, and inputs
// and outputs exchanged. inputs and outputs are multiples of four; backward and gradient are null without training.
struct ConvolutionWeights {
  int kernel, inputs, outputs;
  Precision precision;
  float* forward = nullptr;        // (kernel * kernel, inputs, outputs), null on tiles
  float* backward = nullptr;       // (kernel * kernel, outputs, inputs), null on tiles
  Bf16* forward_tiles = nullptr;   // rounded, in the order forward_order(); null where not on tiles
  Bf16* backward_tiles = nullptr;  // the same in the order backward_order()
  float* gradient = nullptr;       // (kernel * kernel, inputs, outputs)

  std::size_t size() const { return static_cast<std::size_t>(kernel) * kernel * inputs * outputs; }
  HOST_DEVICE TileWeights forward_order() const { return {kernel, inputs, outputs}; }
  HOST_DEVICE TileWeights backward_order() const { return {kernel, outputs, inputs}; }
  // Products of fewer than 16 channels would leave most of a tensor core's tiles empty; kernels of other sizes are used by
  // no network.
  HOST_DEVICE bool on_tiles() const {
    return precision == Precision::bf16 && inputs >= 16 && outputs >= 16 && (kernel == 1 || kernel == 3 || kernel == 4);
  }
};

// What a sum begins with: row % period of `rows`, each of as many channels as the sum has. period 1: a bias; all rows: a
// map, which may be the sum's own place. Null: zeros.
struct Start {
  const float* rows = nullptr;
  std::int64_t period = 1;
};

// y = start + convolution of x, padded with zeros to the same size: (kernel - 1) / 2 before, the rest after.
// x: (images, inputs), y: (images, outputs).
void convolve(Executor& executor, const Images& images, const ConvolutionWeights& weights, const float* x, Start start,
              float* y);

// grad_x = start + the gradient with respect to x.
void convolve_back(Executor& executor, const Images& images, const ConvolutionWeights& weights, const float* grad_y,
                   Start start, float* grad_x);

// weights.gradient += the gradient with respect to the weights. partials: partial_floats(rows, weights.size()) of scratch.
void convolution_weight_gradient(Executor& executor, const Images& images, const ConvolutionWeights& weights, const float* x,
                                 const float* grad_y, float* partials);

// ---- sums over rows in a fixed order (plain_sums.cu)

// In how many slices that many rows are summed up, where every row adds to `size` numbers; the scratch that takes.
int slices_of(std::int64_t rows, std::size_t size);
std::size_t partial_floats(std::int64_t rows, std::size_t size);

// sum[i] += partials[0][i] + partials[1][i] + ...  partials: (slices, size)
void add_slices(Executor& executor, const float* partials, int slices, std::size_t size, float* sum);

// sum[i] += x[0][i] + x[1][i] + ...  x: (rows, size). partials: partial_floats(rows, size) of scratch.
void add_rows(Executor& executor, const float* x, std::int64_t rows, std::size_t size, float* partials, float* sum);

void fill_zero(Executor& executor, float* to, std::size_t size);
void copy(Executor& executor, float* to, const float* from, std::size_t size);

// ---- published parameters to weights and back (plain_weights.cu)

// A part of a published tensor (outputs, published_inputs, taps) and where it lies in the weights of a convolution.
struct WeightPiece {
  std::size_t offset;       // of the tensor in the flat array of parameters
  int outputs, taps;        // of the tensor
  int published_inputs;     // of the tensor
  int first_input, inputs;  // those of the part
  int to_input, to_output;  // where the part begins
};

// Writes the part to the weights, forward and backward.
void pack_weights(Executor& executor, const float* parameters, const WeightPiece& piece, const ConvolutionWeights& weights);

// Writes the part of weights.gradient to grad_parameters.
void unpack_gradient(Executor& executor, const ConvolutionWeights& weights, const WeightPiece& piece,
                     float* grad_parameters);

// constant (cells, outputs) = bias + what a ring of ones around the board adds through a VALID 3x3 convolution. fence:
// (outputs, 9), null for none.
void boundary_constant(Executor& executor, const float* bias, const float* fence, int height, int width, int outputs,
                       float* constant);

// The gradients of the same; grad_fence may be null.
void boundary_gradient(Executor& executor, const float* grad_constant, int height, int width, int outputs, float* grad_bias,
                       float* grad_fence);

// ---- what the boards show (plain_encoder.cu)

// image (boards, cells, channels): colour / 255 of the cells' codes, or one plane for each code. A code that there is not
// shows nothing and is reported under the number of its board.
void observe(Executor& executor, NetInput input, const std::uint8_t* cells, std::int64_t boards, int cells_each,
             int channels, float* image);

// ---- episode starts (plain_episodes.cu)

// to = from, zeros for the boards of which an episode starts. States: (layers, boards, size); may be the same place.
void begin_step(Executor& executor, const std::uint8_t* episode_starts, int layers, std::int64_t boards, std::size_t size,
                const float* from, float* to);

// ---- pooling (plain_pool.cu)

// pooled (images, 2, channels): maximum and mean over the cells of x (images, cells, channels).
void pool(Executor& executor, std::int64_t images, int cells, int channels, const float* x, float* pooled);

// grad_pooled becomes what each cell that holds the maximum, and what each cell, is to get: the gradient of the maximum is
// divided evenly among those that share it.
void divide_among_cells(Executor& executor, std::int64_t images, int cells, int channels, const float* x,
                        const float* pooled, float* grad_pooled);

// q (images, channels) = P[0] maximum + P[1] mean. project: P, (2, channels)
void inject(Executor& executor, std::int64_t images, int channels, const float* pooled, const float* project, float* q);

// grad_pooled = grad_q P; grad_project_rows (images, 2, channels) = what each image adds to the gradient of P.
void inject_back(Executor& executor, std::int64_t images, int channels, const float* pooled, const float* project,
                 const float* grad_q, float* grad_pooled, float* grad_project_rows);

// grad_x (images, cells, channels) += the gradient through pool; shares: of divide_among_cells.
void pool_back(Executor& executor, std::int64_t images, int cells, int channels, const float* x, const float* pooled,
               const float* shares, float* grad_x);

// ---- inputs of a cell's convolution that change with every tick (plain_cell_inputs.cu)

// Channels p, h, q (where q is not null) and the rim (where there is one), filled up to a multiple of four.
struct CellInputs {
  std::int64_t boards;
  int height, width, channels;
  bool has_q, has_rim;

  HOST_DEVICE int inputs() const { return (has_q ? 3 : 2) * channels + (has_rim ? kQuad : 0); }
  HOST_DEVICE std::int64_t rows() const { return boards * height * width; }
};

// p, h: (rows, channels); q: (boards, channels); x: (rows, inputs)
void join_cell_inputs(Executor& executor, const CellInputs& shape, const float* p, const float* h, const float* q, float* x);

// grad_q (boards, channels) = the sum over a board's cells of that part of grad_x.
void sum_grad_q(Executor& executor, const CellInputs& shape, const float* grad_x, float* grad_q);

// grad_h = its part of grad_x; then grad_p += its part. grad_p may be grad_h.
void split_grad_cell_inputs(Executor& executor, const CellInputs& shape, const float* grad_x, float* grad_h, float* grad_p);

// ---- gates and state (plain_gates.cu)

// gates (rows, 4, channels), i, j, f, o: get their nonlinearity in place; c_next and h_next (rows, channels) may be c and h.
void update_state(Executor& executor, OutputGate output, std::int64_t rows, int channels, float* gates, const float* c,
                  float* c_next, float* h_next);

// grad_gates (rows, 4, channels): of the gates before their nonlinearity. gates: as update_state leaves them. grad_h: of
// h_next. grad_c: of c_next, becomes that of c. grad_input (rows, 4, channels): grad_gates are written to it (first), or
// added.
void update_state_back(Executor& executor, OutputGate output, std::int64_t rows, int channels, const float* gates,
                       const float* c, const float* c_next, const float* grad_h, float* grad_c, float* grad_gates,
                       float* grad_input, bool first);

// ---- sums of maps, ReLU, outputs (plain_elements.cu)

// sum (size) = x + y; may be one of them.
void add(Executor& executor, std::size_t size, const float* x, const float* y, float* sum);

// both (rows, 2, channels) = x and y side by side. x, y: (rows, channels)
void join(Executor& executor, std::int64_t rows, int channels, const float* x, const float* y, float* both);
// x += the first half of both, y = the other.
void split(Executor& executor, std::int64_t rows, int channels, const float* both, float* x, float* y);

// y = x, zero where it is below zero; what is no number stays. May be the same place.
void rectify(Executor& executor, std::size_t size, const float* x, float* y);
// grad_y becomes zero where y is not above zero; y: before or after rectify.
void rectify_back(Executor& executor, std::size_t size, const float* y, float* grad_y);

// outputs (boards, padded_to_quads(actions + 1)): the logits, then the value.
void split_outputs(Executor& executor, std::int64_t boards, int actions, const float* outputs, float* logits, float* values);
void join_grad_outputs(Executor& executor, std::int64_t boards, int actions, const float* grad_logits,
                       const float* grad_values, float* grad_outputs);

}  // namespace boxwarp::DEVICE::plain
