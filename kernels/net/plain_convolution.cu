// Convolution of stride 1 with padding to the same size, and its gradients:
//
//   y[image, cell, o] = start + sum over taps and inputs of  W[tap, i, o] x[image, cell + tap, i]
//
// The gradient with respect to x is a convolution too, of grad_y with the taps in reverse and inputs and outputs exchanged.
// That of a weight is a sum over all images and cells, which slices of them add up one after another, and then a second
// kernel the slices.
//
// Forward and back: thread = four cells x four outputs; eight loads of 16 bytes for 64 multiply-adds.
// Weights: thread = one tap, four inputs x four outputs, one slice of the rows; two loads of 16 bytes for 16 multiply-adds.
#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

constexpr int kCells = 4;  // of a thread

struct Convolution {
  Images images;
  int kernel, before, inputs, outputs;
  const float* x;
  const float* weights;  // (kernel * kernel, inputs, outputs)
  Start start;
  float* y;
};

__device__ float4 four_at(const float* at) { return *reinterpret_cast<const float4*>(at); }

// sum += x * y
__device__ void add_product(float4& sum, float x, const float4& y) {
  sum.x += x * y.x;
  sum.y += x * y.y;
  sum.z += x * y.z;
  sum.w += x * y.w;
}

struct Cell {
  std::int64_t image;
  int y, x;
};

__device__ Cell cell_of(const Images& images, std::int64_t row) {
  const int each = images.height * images.width;
  const std::int64_t image = row / each;
  const int cell = static_cast<int>(row - image * each);
  return {image, cell / images.width, cell % images.width};
}

// The row that lies (dy, dx) from a cell, or -1 outside of the board.
__device__ std::int64_t neighbour(const Images& images, const Cell& cell, int dy, int dx) {
  const int y = cell.y + dy, x = cell.x + dx;
  if (y < 0 || y >= images.height || x < 0 || x >= images.width) return -1;
  return (cell.image * images.height + y) * images.width + x;
}

__global__ void __launch_bounds__(kThreads) plain_convolve_kernel(const __grid_constant__ Convolution of) {
  const std::int64_t thread = thread_number(), rows = of.images.rows();
  const int quads = of.outputs / kQuad;
  const std::int64_t first = thread / quads * kCells;
  if (first >= rows) return;
  const int output = static_cast<int>(thread % quads) * kQuad;

  Cell cell[kCells];
  float4 sum[kCells];
#pragma unroll
  for (int n = 0; n < kCells; ++n) {
    const std::int64_t row = first + n;
    cell[n] = cell_of(of.images, row);
    sum[n] = of.start.rows != nullptr && row < rows ? four_at(of.start.rows + row % of.start.period * of.outputs + output)
                                                    : make_float4(0, 0, 0, 0);
  }
  for (int tap = 0; tap < of.kernel * of.kernel; ++tap) {
    const int dy = tap / of.kernel - of.before, dx = tap % of.kernel - of.before;
    const float* weights = of.weights + static_cast<std::int64_t>(tap) * of.inputs * of.outputs + output;
    const float* x[kCells];
#pragma unroll
    for (int n = 0; n < kCells; ++n) {
      const std::int64_t row = first + n < rows ? neighbour(of.images, cell[n], dy, dx) : -1;
      x[n] = row < 0 ? nullptr : of.x + row * of.inputs;
    }
    for (int i = 0; i < of.inputs; i += kQuad, weights += kQuad * of.outputs) {
      const float4 w0 = four_at(weights), w1 = four_at(weights + of.outputs), w2 = four_at(weights + 2 * of.outputs),
                   w3 = four_at(weights + 3 * of.outputs);
#pragma unroll
      for (int n = 0; n < kCells; ++n) {
        if (x[n] == nullptr) continue;
        const float4 value = four_at(x[n] + i);
        add_product(sum[n], value.x, w0);
        add_product(sum[n], value.y, w1);
        add_product(sum[n], value.z, w2);
        add_product(sum[n], value.w, w3);
      }
    }
  }
#pragma unroll
  for (int n = 0; n < kCells; ++n) {
    if (first + n < rows) *reinterpret_cast<float4*>(of.y + (first + n) * of.outputs + output) = sum[n];
  }
}

void launch_convolution(Executor& executor, const char* name, const Convolution& of) {
  const std::int64_t groups = (of.images.rows() + kCells - 1) / kCells;
  launch(executor, name, plain_convolve_kernel, geometry_of(groups * (of.outputs / kQuad)), of);
}

struct WeightGradient {
  Images images;
  int kernel, before, inputs, outputs, slices;
  const float* x;
  const float* grad_y;
  float* partials;  // (slices, kernel * kernel, inputs, outputs)
};

__global__ void __launch_bounds__(kThreads) plain_weight_gradient_kernel(const __grid_constant__ WeightGradient of) {
  const std::int64_t thread = thread_number(), rows = of.images.rows();
  const int taps = of.kernel * of.kernel, input_quads = of.inputs / kQuad, output_quads = of.outputs / kQuad;
  const auto slice = static_cast<int>(thread / (static_cast<std::int64_t>(taps) * input_quads * output_quads));
  if (slice >= of.slices) return;
  const int output = static_cast<int>(thread % output_quads) * kQuad;
  const int input = static_cast<int>(thread / output_quads % input_quads) * kQuad;
  const auto tap = static_cast<int>(thread / output_quads / input_quads % taps);
  const int dy = tap / of.kernel - of.before, dx = tap % of.kernel - of.before;

  float4 sum0 = make_float4(0, 0, 0, 0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  const std::int64_t end = rows * (slice + 1) / of.slices;
  std::int64_t row = rows * slice / of.slices;
  for (Cell cell = cell_of(of.images, row); row < end; ++row) {
    const std::int64_t from = neighbour(of.images, cell, dy, dx);
    if (from >= 0) {
      const float4 x = four_at(of.x + from * of.inputs + input), grad = four_at(of.grad_y + row * of.outputs + output);
      add_product(sum0, x.x, grad);
      add_product(sum1, x.y, grad);
      add_product(sum2, x.z, grad);
      add_product(sum3, x.w, grad);
    }
    if (++cell.x < of.images.width) continue;
    cell.x = 0;
    if (++cell.y < of.images.height) continue;
    cell.y = 0;
    ++cell.image;
  }
  float* to = of.partials + ((static_cast<std::int64_t>(slice) * taps + tap) * of.inputs + input) * of.outputs + output;
  *reinterpret_cast<float4*>(to) = sum0;
  *reinterpret_cast<float4*>(to + of.outputs) = sum1;
  *reinterpret_cast<float4*>(to + 2 * of.outputs) = sum2;
  *reinterpret_cast<float4*>(to + 3 * of.outputs) = sum3;
}

}  // namespace

void convolve(Executor& executor, const Images& images, const ConvolutionWeights& weights, const float* x, Start start,
              float* y) {
  launch_convolution(
      executor, "plain_convolve",
      {images, weights.kernel, (weights.kernel - 1) / 2, weights.inputs, weights.outputs, x, weights.forward, start, y});
}

void convolve_back(Executor& executor, const Images& images, const ConvolutionWeights& weights, const float* grad_y,
                   Start start, float* grad_x) {
  launch_convolution(executor, "plain_convolve",
                     {images, weights.kernel, weights.kernel / 2, weights.outputs, weights.inputs, grad_y, weights.backward,
                      start, grad_x});
}

void convolution_weight_gradient(Executor& executor, const Images& images, const ConvolutionWeights& weights, const float* x,
                                 const float* grad_y, float* partials) {
  const int slices = slices_of(images.rows(), weights.size());
  launch(executor, "plain_weight_gradient", plain_weight_gradient_kernel,
         geometry_of(slices * static_cast<std::int64_t>(weights.size()) / (kQuad * kQuad)),
         WeightGradient{images, weights.kernel, (weights.kernel - 1) / 2, weights.inputs, weights.outputs, slices, x, grad_y,
                        partials});
  add_slices(executor, partials, slices, weights.size(), weights.gradient);
}

}  // namespace boxwarp::DEVICE::plain
