// Convolution and its gradients in float32 (the formula: convolution.cuh).
//
// Forward and back: thread = four cells x four outputs; eight loads of 16 bytes for 64 multiply-adds.
// Weights: thread = one tap, four inputs x four outputs, one slice of the rows; two loads of 16 bytes for 16 multiply-adds.
#include "kernels/net/convolution.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

constexpr int kCells = 4;  // of a thread

// sum += x * y
__device__ void add_product(float4& sum, float x, const float4& y) {
  sum.x += x * y.x;
  sum.y += x * y.y;
  sum.z += x * y.z;
  sum.w += x * y.w;
}

__global__ void __launch_bounds__(kThreads) plain_convolve_kernel(const __grid_constant__ ConvolutionView<float> of) {
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

__global__ void __launch_bounds__(kThreads) plain_weight_gradient_kernel(const __grid_constant__ WeightGradientView of) {
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

void plain_convolve(Executor& executor, const ConvolutionView<float>& of) {
  const std::int64_t groups = (of.images.rows() + kCells - 1) / kCells;
  launch(executor, "plain_convolve", plain_convolve_kernel, geometry_of(groups * (of.outputs / kQuad)), of);
}

void plain_weight_gradient(Executor& executor, const WeightGradientView& of) {
  const std::int64_t weights = std::int64_t{of.kernel} * of.kernel * of.inputs * of.outputs;
  launch(executor, "plain_weight_gradient", plain_weight_gradient_kernel, geometry_of(of.slices * weights / (kQuad * kQuad)),
         of);
}

}  // namespace boxwarp::DEVICE::plain
