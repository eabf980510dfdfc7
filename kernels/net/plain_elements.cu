// What lies between maps and outputs besides the layers with weights: sums of two maps (skips), two maps side by side, the
// ReLU, and which output is a logit and which the value.
//
// Thread = one number.
#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

__global__ void __launch_bounds__(kThreads) plain_add_kernel(std::int64_t size, const float* x, const float* y, float* sum) {
  const std::int64_t i = thread_number();
  if (i < size) sum[i] = x[i] + y[i];
}

__global__ void __launch_bounds__(kThreads)
    plain_join_kernel(std::int64_t size, int channels, const float* x, const float* y, float* both) {
  const std::int64_t i = thread_number();
  if (i >= size) return;
  float* to = both + i / channels * 2 * channels + i % channels;
  to[0] = x[i];
  to[channels] = y[i];
}

__global__ void __launch_bounds__(kThreads)
    plain_split_kernel(std::int64_t size, int channels, const float* both, float* x, float* y) {
  const std::int64_t i = thread_number();
  if (i >= size) return;
  const float* from = both + i / channels * 2 * channels + i % channels;
  x[i] += from[0];
  y[i] = from[channels];
}

// In this order what is no number stays none.
__device__ float rectified(float x) { return x < 0 ? 0.0f : x; }

__global__ void __launch_bounds__(kThreads) plain_rectify_kernel(std::int64_t size, const float* x, float* y) {
  const std::int64_t i = thread_number();
  if (i < size) y[i] = rectified(x[i]);
}

__global__ void __launch_bounds__(kThreads) plain_rectify_back_kernel(std::int64_t size, const float* y, float* grad_y) {
  const std::int64_t i = thread_number();
  if (i < size && !(y[i] > 0)) grad_y[i] = 0;
}

__global__ void __launch_bounds__(kThreads)
    plain_split_outputs_kernel(std::int64_t boards, int actions, const float* outputs, float* logits, float* values) {
  const std::int64_t thread = thread_number(), board = thread / (actions + 1);
  if (board >= boards) return;
  const auto output = static_cast<int>(thread % (actions + 1));
  const float value = outputs[board * padded_to_quads(actions + 1) + output];
  if (output < actions)
    logits[board * actions + output] = value;
  else
    values[board] = value;
}

__global__ void __launch_bounds__(kThreads)
    plain_join_grad_outputs_kernel(std::int64_t boards, int actions, int outputs, const float* grad_logits,
                                   const float* grad_values, float* grad_outputs) {
  const std::int64_t thread = thread_number(), board = thread / outputs;
  if (board >= boards) return;
  const auto output = static_cast<int>(thread % outputs);
  float grad = 0;
  if (output < actions)
    grad = grad_logits[board * actions + output];
  else if (output == actions)
    grad = grad_values[board];
  grad_outputs[thread] = grad;
}

}  // namespace

void add(Executor& executor, std::size_t size, const float* x, const float* y, float* sum) {
  const auto count = static_cast<std::int64_t>(size);
  launch(executor, "plain_add", plain_add_kernel, geometry_of(count), count, x, y, sum);
}

void join(Executor& executor, std::int64_t rows, int channels, const float* x, const float* y, float* both) {
  launch(executor, "plain_join", plain_join_kernel, geometry_of(rows * channels), rows * channels, channels, x, y, both);
}

void split(Executor& executor, std::int64_t rows, int channels, const float* both, float* x, float* y) {
  launch(executor, "plain_split", plain_split_kernel, geometry_of(rows * channels), rows * channels, channels, both, x, y);
}

void rectify(Executor& executor, std::size_t size, const float* x, float* y) {
  const auto count = static_cast<std::int64_t>(size);
  launch(executor, "plain_rectify", plain_rectify_kernel, geometry_of(count), count, x, y);
}

void rectify_back(Executor& executor, std::size_t size, const float* y, float* grad_y) {
  const auto count = static_cast<std::int64_t>(size);
  launch(executor, "plain_rectify_back", plain_rectify_back_kernel, geometry_of(count), count, y, grad_y);
}

void split_outputs(Executor& executor, std::int64_t boards, int actions, const float* outputs, float* logits,
                   float* values) {
  launch(executor, "plain_split_outputs", plain_split_outputs_kernel, geometry_of(boards * (actions + 1)), boards, actions,
         outputs, logits, values);
}

void join_grad_outputs(Executor& executor, std::int64_t boards, int actions, const float* grad_logits,
                       const float* grad_values, float* grad_outputs) {
  const int outputs = padded_to_quads(actions + 1);
  launch(executor, "plain_join_grad_outputs", plain_join_grad_outputs_kernel, geometry_of(boards * outputs), boards, actions,
         outputs, grad_logits, grad_values, grad_outputs);
}

}  // namespace boxwarp::DEVICE::plain
