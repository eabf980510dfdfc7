// What convolutions of stride 1 are computed from, and the two ways to do it: in float32 (plain_convolution.cu), and on
// tensor cores (tile_convolution.cu, tile_weight_gradient.cu).
//
//   y[image, cell, o] = start + sum over taps and inputs of  W[tap, i, o] x[image, cell + tap, i]
//
// The gradient with respect to x is a convolution too, of grad_y with the taps in reverse and inputs and outputs exchanged.
// That of a weight is a sum over all images and cells, which slices of them add up one after another, and then another
// kernel the slices.
#pragma once

#include <cstdint>

#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

// Weight: float or Bf16.
template <class Weight>
struct ConvolutionView {
  Images images;
  int kernel, before, inputs, outputs;
  const float* x;
  const Weight* weights;  // float: (kernel * kernel, inputs, outputs); Bf16: in the order of TileWeights
  Start start;
  float* y;
};

struct WeightGradientView {
  Images images;
  int kernel, before, inputs, outputs, slices;
  const float* x;
  const float* grad_y;
  float* partials;  // (slices, kernel * kernel, inputs, outputs)
};

void plain_convolve(Executor& executor, const ConvolutionView<float>& of);
void plain_weight_gradient(Executor& executor, const WeightGradientView& of);
void tile_convolve(Executor& executor, const ConvolutionView<Bf16>& of);
void tile_weight_gradient(Executor& executor, const WeightGradientView& of);

// ---- for their kernels

struct Cell {
  std::int64_t image;
  int y, x;
};

__device__ inline Cell cell_of(const Images& images, std::int64_t row) {
  const int each = images.height * images.width;
  const std::int64_t image = row / each;
  const int cell = static_cast<int>(row - image * each);
  return {image, cell / images.width, cell % images.width};
}

// The row that lies (dy, dx) from a cell, or -1 outside of the board.
__device__ inline std::int64_t neighbour(const Images& images, const Cell& cell, int dy, int dx) {
  const int y = cell.y + dy, x = cell.x + dx;
  if (y < 0 || y >= images.height || x < 0 || x >= images.width) return -1;
  return (cell.image * images.height + y) * images.width + x;
}

__device__ inline float4 four_at(const float* at) { return *reinterpret_cast<const float4*>(at); }

}  // namespace boxwarp::DEVICE::plain
