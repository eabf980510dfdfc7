// z -> dense, ReLU -> policy and value, and the way back. The two large products forward and the two back are dense.cu's;
// here is what lies between them.
//
//   units = max(0, z W^T + b)      outputs = units V^T + a
//   grad_units = (grad_outputs V) [units > 0], rounded to bf16: an operand of grad_W = grad_units^T z, grad_z = grad_units W
//
// Thread = a hidden unit of a row (forward: warp = row); sums over rows in slices of 64, then over slices in order.
// Bytes per row: units and slices of partial sums read once and written once, 4 U each.
#include "kernels/net/heads.cuh"

#include "kernels/net/dense.cuh"

namespace boxwarp::DEVICE {

namespace {

constexpr unsigned kRowThreads = 128;   // four rows
constexpr unsigned kUnitThreads = 128;  // of one slice of rows
constexpr int kSliceRows = 64;

HOST_DEVICE constexpr int head_slices(int rows) { return (rows + kSliceRows - 1) / kSliceRows; }
HOST_DEVICE constexpr int unit_blocks(int hidden) {
  return (padded_units(hidden) + static_cast<int>(kUnitThreads) - 1) / static_cast<int>(kUnitThreads);
}

struct HeadsForward {
  FusedShape shape;
  FusedWeights weights;
  int rows, slices;
  const float* partial;  // (slices, R, U)
  float* units;
  float* logits;
  float* values;
};

__global__ void __launch_bounds__(kRowThreads) heads_kernel(const __grid_constant__ HeadsForward work) {
  const int lane = static_cast<int>(threadIdx.x % kWarpLanes), U = work.shape.hidden, A = work.shape.actions;
  const auto row = static_cast<std::size_t>(blockIdx.x * (kRowThreads / kWarpLanes) + threadIdx.x / kWarpLanes);
  if (row >= static_cast<std::size_t>(work.rows)) return;
  const std::size_t all = static_cast<std::size_t>(work.rows) * static_cast<std::size_t>(U);
  float* units = work.units + row * static_cast<std::size_t>(U);
  for (int u = lane; u < U; u += static_cast<int>(kWarpLanes)) {
    const float* part = work.partial + row * static_cast<std::size_t>(U) + u;
    float sum = work.weights.dense_bias[u];
    for (int slice = 0; slice < work.slices; ++slice, part += all) sum += *part;
    units[u] = sum < 0.0f ? 0.0f : sum;  // so a NaN stays one
  }
  for (int o = 0; o <= A; ++o) {
    const float* weights = work.weights.heads + o * U;
    float sum = 0;
    for (int u = lane; u < U; u += static_cast<int>(kWarpLanes)) sum += units[u] * weights[u];
    sum = warp_sum(sum) + work.weights.head_bias[o];
    if (lane != 0) continue;
    if (o < A)
      work.logits[row * static_cast<std::size_t>(A) + static_cast<std::size_t>(o)] = sum;
    else
      work.values[row] = sum;
  }
}

struct HeadsBackward {
  FusedShape shape;
  const float* heads;  // (O, U)
  int rows;
  const float* units;
  HeadsGradient gradient;
  HeadsScratch scratch;

  __device__ float grad_output(int row, int o) const {
    return o < shape.actions ? gradient.logits[static_cast<std::size_t>(row) * static_cast<std::size_t>(shape.actions) +
                                               static_cast<std::size_t>(o)]
                             : gradient.values[row];
  }
};

// One slice of rows: the gradient of the units, and the slice's share of the heads' and biases' gradients.
__global__ void __launch_bounds__(kUnitThreads) grad_heads_kernel(const __grid_constant__ HeadsBackward work) {
  const int U = work.shape.hidden, O = work.shape.outputs(), across = unit_blocks(U);
  const int slice = static_cast<int>(blockIdx.x) / across, begin = slice * kSliceRows;
  const int u = static_cast<int>(blockIdx.x) % across * static_cast<int>(kUnitThreads) + static_cast<int>(threadIdx.x);
  const int end = begin + kSliceRows < work.rows ? begin + kSliceRows : work.rows;
  for (int o = u; o < O; o += static_cast<int>(kUnitThreads) * across) {
    float sum = 0;
    for (int row = begin; row < end; ++row) sum += work.grad_output(row, o);
    work.scratch.grad_bias[slice * O + o] = sum;
  }
  if (u >= padded_units(U)) return;
  float bias = 0;
  for (int row = begin; row < end; ++row) {
    const std::size_t at = static_cast<std::size_t>(row) * static_cast<std::size_t>(U) + static_cast<std::size_t>(u);
    float grad = 0;
    if (u < U && work.units[at] > 0.0f)
      for (int o = 0; o < O; ++o) grad += work.grad_output(row, o) * work.heads[o * U + u];
    const Bf16 rounded = to_bf16(grad);
    work.scratch.grad_units[static_cast<std::size_t>(row) * static_cast<std::size_t>(padded_units(U)) +
                            static_cast<std::size_t>(u)] = rounded;
    bias += to_float(rounded);
  }
  if (u >= U) return;
  float* part = work.scratch.grad_head + static_cast<std::size_t>(slice) * static_cast<std::size_t>((O + 1) * U) + u;
  part[static_cast<std::size_t>(O) * static_cast<std::size_t>(U)] = bias;
  for (int o = 0; o < O; ++o) {
    float sum = 0;
    for (int row = begin; row < end; ++row)
      sum += work.grad_output(row, o) *
             work.units[static_cast<std::size_t>(row) * static_cast<std::size_t>(U) + static_cast<std::size_t>(u)];
    part[static_cast<std::size_t>(o) * static_cast<std::size_t>(U)] = sum;
  }
}

// Adds up the slices. Thread = one element of (O + 1, U), then of (O).
__global__ void __launch_bounds__(kUnitThreads) sum_heads_kernel(const __grid_constant__ HeadsBackward work) {
  const int U = work.shape.hidden, A = work.shape.actions, O = A + 1, slices = head_slices(work.rows);
  const int i = static_cast<int>(blockIdx.x * kUnitThreads + threadIdx.x), units = (O + 1) * U;
  if (i >= units + O) return;
  const bool of_unit = i < units;
  const int stride = of_unit ? units : O;
  const float* part = of_unit ? work.scratch.grad_head + i : work.scratch.grad_bias + (i - units);
  float sum = 0;
  for (int slice = 0; slice < slices; ++slice, part += stride) sum += *part;
  const HeadsGradient& to = work.gradient;
  if (!of_unit && i - units < A)
    to.policy_bias[i - units] = sum;
  else if (!of_unit)
    *to.value_bias = sum;
  else if (i < A * U)
    to.policy[i] = sum;
  else if (i < O * U)
    to.value[i - A * U] = sum;
  else
    to.dense_bias[i - O * U] = sum;
}

}  // namespace

HeadsScratch take_heads_scratch(const FusedShape& shape, int rows, bool training, MemoryBlock& memory) {
  const auto R = static_cast<std::size_t>(rows), U = static_cast<std::size_t>(shape.hidden);
  const auto O = static_cast<std::size_t>(shape.outputs());
  HeadsScratch scratch{};
  // Fewer rows can mean more slices: room for as many as any number of rows takes.
  std::size_t most = 0;
  for (int fewer = rows; fewer > 0; fewer = (fewer - 1) / 64 * 64) {
    const std::size_t needed =
        static_cast<std::size_t>(dense_slices(fewer, shape.hidden, shape.features())) * static_cast<std::size_t>(fewer) * U;
    most = most < needed ? needed : most;
  }
  scratch.partial = memory.take<float>(most);
  if (!training) return scratch;
  const auto slices = static_cast<std::size_t>(head_slices(rows));
  scratch.grad_head = memory.take<float>(slices * (O + 1) * U);
  scratch.grad_bias = memory.take<float>(slices * O);
  scratch.grad_units = memory.take<Bf16>(R * static_cast<std::size_t>(padded_units(shape.hidden)));
  return scratch;
}

void heads_forward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const HeadsScratch& scratch,
                   int rows, const Bf16* features, float* units, float* logits, float* values) {
  const int F = shape.features(), U = shape.hidden, slices = dense_slices(rows, U, F);
  dense_product(executor, "dense_forward", Fastest::depth, Fastest::depth,
                {features, weights.dense, rows, U, F, F, F, slices, scratch.partial});
  launch(executor, "heads", heads_kernel, Geometry{.blocks = static_cast<unsigned>(rows + 3) / 4, .threads = kRowThreads},
         HeadsForward{shape, weights, rows, slices, scratch.partial, units, logits, values});
}

void heads_backward(Executor& executor, const FusedShape& shape, const FusedWeights& weights, const HeadsScratch& scratch,
                    int rows, const Bf16* features, const float* units, const HeadsGradient& gradient) {
  const int F = shape.features(), U = shape.hidden, O = shape.outputs(), padded = padded_units(U);
  const HeadsBackward work{shape, weights.heads, rows, units, gradient, scratch};
  launch(executor, "grad_heads", grad_heads_kernel,
         Geometry{.blocks = static_cast<unsigned>(head_slices(rows) * unit_blocks(U)), .threads = kUnitThreads}, work);
  launch(executor, "sum_heads", sum_heads_kernel,
         Geometry{.blocks = (static_cast<unsigned>((O + 1) * U + O) + kUnitThreads - 1) / kUnitThreads,
                  .threads = kUnitThreads},
         work);
  dense_product(executor, "dense_weights", Fastest::outer, Fastest::outer,
                {scratch.grad_units, features, U, F, rows, padded, F, 1, gradient.dense});
  dense_product(executor, "dense_data", Fastest::depth, Fastest::outer,
                {scratch.grad_units, weights.dense, rows, F, U, padded, F, 1, gradient.features});
}

}  // namespace boxwarp::DEVICE
