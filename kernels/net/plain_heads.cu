// What lies between the last layer's state and the outputs, besides the dense layers: the skip z = h + e, the ReLU between
// the two dense layers, and which output is a logit and which the value.
//
// Thread = one number.
#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

__global__ void __launch_bounds__(kThreads) plain_skip_kernel(std::int64_t size, const float* h, const float* e, float* z) {
  const std::int64_t i = thread_number();
  if (i < size) z[i] = h[i] + e[i];
}

__global__ void __launch_bounds__(kThreads)
    plain_skip_back_kernel(std::int64_t size, const float* grad_z, float* grad_h, float* grad_e) {
  const std::int64_t i = thread_number();
  if (i >= size) return;
  grad_h[i] += grad_z[i];
  grad_e[i] = grad_z[i];
}

// In this order what is no number stays none.
__device__ float rectified(float x) { return x < 0 ? 0.0f : x; }

__global__ void __launch_bounds__(kThreads) plain_rectify_kernel(std::int64_t size, float* x) {
  const std::int64_t i = thread_number();
  if (i < size) x[i] = rectified(x[i]);
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

void skip(Executor& executor, std::size_t size, const float* h, const float* e, float* z) {
  const auto count = static_cast<std::int64_t>(size);
  launch(executor, "plain_skip", plain_skip_kernel, geometry_of(count), count, h, e, z);
}

void skip_back(Executor& executor, std::size_t size, const float* grad_z, float* grad_h, float* grad_e) {
  const auto count = static_cast<std::int64_t>(size);
  launch(executor, "plain_skip_back", plain_skip_back_kernel, geometry_of(count), count, grad_z, grad_h, grad_e);
}

void rectify(Executor& executor, std::size_t size, float* x) {
  const auto count = static_cast<std::int64_t>(size);
  launch(executor, "plain_rectify", plain_rectify_kernel, geometry_of(count), count, x);
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
