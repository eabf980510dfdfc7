// What a cell's convolution reads anew in every tick, side by side in one map: p (the layer below, or the last layer of the
// tick before), the cell's own h, q in every cell of the board, and the rim: one in the outermost cells. And the way back.
//
// Thread = one number of the map; of sum_grad_q: one board and channel.
#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

__device__ bool on_rim(const CellInputs& shape, std::int64_t cell) {
  const auto y = static_cast<int>(cell / shape.width), x = static_cast<int>(cell % shape.width);
  return y == 0 || y == shape.height - 1 || x == 0 || x == shape.width - 1;
}

__global__ void __launch_bounds__(kThreads)
    plain_join_cell_inputs_kernel(const __grid_constant__ CellInputs shape, const float* p, const float* h, const float* q,
                                  float* x) {
  const std::int64_t thread = thread_number();
  if (thread >= shape.rows() * shape.inputs()) return;
  const int C = shape.channels, cells = shape.height * shape.width;
  const std::int64_t row = thread / shape.inputs();
  const auto channel = static_cast<int>(thread % shape.inputs());
  float value = 0;
  if (channel < C)
    value = p[row * C + channel];
  else if (channel < 2 * C)
    value = h[row * C + channel - C];
  else if (shape.has_q && channel < 3 * C)
    value = q[row / cells * C + channel - 2 * C];
  else if (channel == shape.inputs() - kQuad && on_rim(shape, row % cells))
    value = 1;
  x[thread] = value;
}

__global__ void __launch_bounds__(kThreads)
    plain_sum_grad_q_kernel(const __grid_constant__ CellInputs shape, const float* grad_x, float* grad_q) {
  const std::int64_t thread = thread_number();
  if (thread >= shape.boards * shape.channels) return;
  const int C = shape.channels, cells = shape.height * shape.width;
  const float* from = grad_x + thread / C * cells * shape.inputs() + 2 * C + thread % C;
  float sum = 0;
  for (int cell = 0; cell < cells; ++cell) sum += from[std::int64_t{cell} * shape.inputs()];
  grad_q[thread] = sum;
}

__global__ void __launch_bounds__(kThreads)
    plain_split_grad_cell_inputs_kernel(const __grid_constant__ CellInputs shape, const float* grad_x, float* grad_h,
                                        float* grad_p) {
  const std::int64_t thread = thread_number();
  if (thread >= shape.rows() * shape.channels) return;
  const int C = shape.channels;
  const float* from = grad_x + thread / C * shape.inputs() + thread % C;
  grad_h[thread] = from[C];
  grad_p[thread] += from[0];  // after grad_h, which may be the same place
}

}  // namespace

void join_cell_inputs(Executor& executor, const CellInputs& shape, const float* p, const float* h, const float* q,
                      float* x) {
  launch(executor, "plain_join_cell_inputs", plain_join_cell_inputs_kernel, geometry_of(shape.rows() * shape.inputs()),
         shape, p, h, q, x);
}

void sum_grad_q(Executor& executor, const CellInputs& shape, const float* grad_x, float* grad_q) {
  launch(executor, "plain_sum_grad_q", plain_sum_grad_q_kernel, geometry_of(shape.boards * shape.channels), shape, grad_x,
         grad_q);
}

void split_grad_cell_inputs(Executor& executor, const CellInputs& shape, const float* grad_x, float* grad_h, float* grad_p) {
  launch(executor, "plain_split_grad_cell_inputs", plain_split_grad_cell_inputs_kernel,
         geometry_of(shape.rows() * shape.channels), shape, grad_x, grad_h, grad_p);
}

}  // namespace boxwarp::DEVICE::plain
