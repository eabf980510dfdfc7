// What is added to the gates of a cell whatever happens: the bias and the fence, a ring of ones around the board that goes
// through a VALID 3x3 convolution of one input channel (Taufeeque et al. 2024). A tap meets the ring where it leaves the
// board.
//
// Forward: thread = one cell and output. Gradient: thread = one output and one of nine taps and the bias.
#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

constexpr int kTaps = 9, kSide = 3;

__device__ bool leaves(int cell, int tap, int height, int width) {
  const int y = cell / width + tap / kSide - 1, x = cell % width + tap % kSide - 1;
  return y < 0 || y >= height || x < 0 || x >= width;
}

__global__ void __launch_bounds__(kThreads) plain_boundary_constant_kernel(const float* bias, const float* fence, int height,
                                                                           int width, int outputs, float* constant) {
  const std::int64_t thread = thread_number();
  if (thread >= std::int64_t{height} * width * outputs) return;
  const auto cell = static_cast<int>(thread / outputs), output = static_cast<int>(thread % outputs);
  float sum = bias[output];
  for (int tap = 0; fence != nullptr && tap < kTaps; ++tap) {
    if (leaves(cell, tap, height, width)) sum += fence[output * kTaps + tap];
  }
  constant[thread] = sum;
}

__global__ void __launch_bounds__(kThreads)
    plain_boundary_gradient_kernel(const float* grad_constant, int height, int width, int outputs, float* grad_bias,
                                   float* grad_fence) {
  const std::int64_t thread = thread_number();
  const auto part = static_cast<int>(thread / outputs), output = static_cast<int>(thread % outputs);
  if (part > kTaps || (part < kTaps && grad_fence == nullptr)) return;
  float sum = 0;
  for (int cell = 0; cell < height * width; ++cell) {
    if (part == kTaps || leaves(cell, part, height, width)) sum += grad_constant[std::int64_t{cell} * outputs + output];
  }
  if (part == kTaps)
    grad_bias[output] = sum;
  else
    grad_fence[output * kTaps + part] = sum;
}

}  // namespace

void boundary_constant(Executor& executor, const float* bias, const float* fence, int height, int width, int outputs,
                       float* constant) {
  launch(executor, "plain_boundary_constant", plain_boundary_constant_kernel,
         geometry_of(std::int64_t{height} * width * outputs), bias, fence, height, width, outputs, constant);
}

void boundary_gradient(Executor& executor, const float* grad_constant, int height, int width, int outputs, float* grad_bias,
                       float* grad_fence) {
  launch(executor, "plain_boundary_gradient", plain_boundary_gradient_kernel, geometry_of(std::int64_t{kTaps + 1} * outputs),
         grad_constant, height, width, outputs, grad_bias, grad_fence);
}

}  // namespace boxwarp::DEVICE::plain
