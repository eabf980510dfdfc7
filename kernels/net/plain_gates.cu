// Gates and state of a ConvLSTM cell (kernels/net/gates.hpp) for whole maps, and the way back.
//
// Thread = one cell and channel; forward 20 bytes read and 24 written, back 28 to 44 read and 36 written.
#include "kernels/net/gates.hpp"
#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

struct ExactSquash {
  __device__ static float tanh(float x) { return tanhf(x); }
  __device__ static float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
};

// The gates of a cell's channel lie `channels` apart.
__device__ Gates gates_at(const float* at, int channels) {
  return {at[0], at[channels], at[2 * channels], at[3 * channels]};
}

__device__ void store(const Gates& gates, float* at, int channels) {
  at[0] = gates.i;
  at[channels] = gates.j;
  at[2 * channels] = gates.f;
  at[3 * channels] = gates.o;
}

__device__ std::int64_t place_of_gates(std::int64_t thread, int channels) {
  return thread / channels * 4 * channels + thread % channels;
}

__global__ void __launch_bounds__(kThreads)
    plain_update_state_kernel(OutputGate output, std::int64_t rows, int channels, float* gates, const float* c,
                              float* c_next, float* h_next) {
  const std::int64_t thread = thread_number();
  if (thread >= rows * channels) return;
  float* at = gates + place_of_gates(thread, channels);
  const Gates active = activated<ExactSquash>(gates_at(at, channels), output);
  const CellState next = next_state<ExactSquash>(active, c[thread]);
  store(active, at, channels);
  c_next[thread] = next.c;
  h_next[thread] = next.h;
}

__global__ void __launch_bounds__(kThreads)
    plain_update_state_back_kernel(OutputGate output, std::int64_t rows, int channels, const float* gates, const float* c,
                                   const float* c_next, const float* grad_h, float* grad_c, float* grad_gates,
                                   float* grad_input, bool first) {
  const std::int64_t thread = thread_number();
  if (thread >= rows * channels) return;
  const std::int64_t at = place_of_gates(thread, channels);
  const CellGradient grad = cell_gradient(gates_at(gates + at, channels), c[thread], ExactSquash::tanh(c_next[thread]),
                                          {.c = grad_c[thread], .h = grad_h[thread]}, output);
  grad_c[thread] = grad.c;
  store(grad.before, grad_gates + at, channels);
  const Gates sum = first ? Gates{} : gates_at(grad_input + at, channels);
  store({sum.i + grad.before.i, sum.j + grad.before.j, sum.f + grad.before.f, sum.o + grad.before.o}, grad_input + at,
        channels);
}

}  // namespace

void update_state(Executor& executor, OutputGate output, std::int64_t rows, int channels, float* gates, const float* c,
                  float* c_next, float* h_next) {
  launch(executor, "plain_update_state", plain_update_state_kernel, geometry_of(rows * channels), output, rows, channels,
         gates, c, c_next, h_next);
}

void update_state_back(Executor& executor, OutputGate output, std::int64_t rows, int channels, const float* gates,
                       const float* c, const float* c_next, const float* grad_h, float* grad_c, float* grad_gates,
                       float* grad_input, bool first) {
  launch(executor, "plain_update_state_back", plain_update_state_back_kernel, geometry_of(rows * channels), output, rows,
         channels, gates, c, c_next, grad_h, grad_c, grad_gates, grad_input, first);
}

}  // namespace boxwarp::DEVICE::plain
