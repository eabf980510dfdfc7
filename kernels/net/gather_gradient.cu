// Parts of gradients, slice by slice in their order, to the parameters in published order: the transpose of what pack.cu
// does to the weights. Thread = one sum, in the order of the parts, so that reading them is what is contiguous; a sum is
// written to each parameter that acts on the same input.
//
// Bytes of DRC(3,3) on 132 multiprocessors: 39 MB of parts of weights and 32 MB of parts by class read, 5 MB
// written.
#include "kernels/net/backward_ops.cuh"
#include "kernels/net/parameter_offsets.hpp"

namespace boxwarp::DEVICE {

namespace {

constexpr unsigned kThreads = 256;

struct Gather {
  FusedShape shape;
  ParameterOffsets at;
  BackwardScratch from;
  int boards;  // B
  int recurrent_slices, input_slices, injected_slices, encoder_slices, table_slices;
  float* to;
  float shown[kTableCodes][kCellCodes];  // what an image shows in each channel where the cell has a code

  // Element i of `slices` arrays of that size.
  __device__ static float sum(const float* parts, int i, int size, int slices) {
    float result = 0;
#pragma unroll 8
    for (int slice = 0; slice < slices; ++slice)
      result += parts[static_cast<std::size_t>(slice) * static_cast<std::size_t>(size) + static_cast<std::size_t>(i)];
    return result;
  }
  __device__ float& layer(int d, std::size_t offset, int i) const {
    return to[static_cast<std::size_t>(d) * at.layer_stride + offset + static_cast<std::size_t>(i)];
  }
  __device__ float& input_hidden(int d, int gate, int third, int c, int tap) const {
    return layer(d, at.input_hidden, (gate * 3 * shape.channels + third * shape.channels + c) * kTapCount + tap);
  }
};

// Each of these is one sum of the part of that name.

__device__ void input(const Gather& work, int d, int i) {
  const int C = work.shape.channels, G = work.shape.gates(), size = kTapCount * C * G;
  const float* parts =
      work.from.input + static_cast<std::size_t>(d * most_slices(work.shape, C)) * static_cast<std::size_t>(size);
  work.input_hidden(d, i % G, 0, i / G % C, i / G / C) = work.sum(parts, i, size, work.input_slices);
}

__device__ void recurrent(const Gather& work, int d, int i) {
  const int C = work.shape.channels, G = work.shape.gates(), X = work.shape.inputs(), size = kTapCount * X * G;
  const float* parts =
      work.from.recurrent + static_cast<std::size_t>(d * most_slices(work.shape, X)) * static_cast<std::size_t>(size);
  const float sum = work.sum(parts, i, size, work.recurrent_slices);
  const int gate = i % G, x = i / G % X, tap = i / G / X;
  if (x < C) work.input_hidden(d, gate, 1, x, tap) = sum;
  if (x >= X - C) work.layer(d, work.at.hidden_hidden, (gate * C + x - (X - C)) * kTapCount + tap) = sum;
}

__device__ void injected(const Gather& work, int d, int i) {
  const int C = work.shape.channels, G = work.shape.gates(), gate = i % G, c = i / G % C, tap = i / G / C;
  const int size = C * kClassCount * G;
  const float* parts = work.from.injected + static_cast<std::size_t>(d * kInjectedSlices) * static_cast<std::size_t>(size);
  float sum = 0;
  for (int of = 0; of < kClassCount; ++of)
    if (class_has_tap(of, tap)) sum += work.sum(parts, (c * kClassCount + of) * G + gate, size, work.injected_slices);
  work.input_hidden(d, gate, 2, c, tap) = sum;
}

// The bias (tap of -1, so to speak: all classes), or the fence, which acts where its tap does not lie on the board.
__device__ void constant(const Gather& work, int d, int i) {
  const int G = work.shape.gates(), gate = i % G, tap = i / G - 1, size = kClassCount * G;
  const float* parts = work.from.constant + static_cast<std::size_t>(d * kInjectedSlices) * static_cast<std::size_t>(size);
  float sum = 0;
  for (int of = 0; of < kClassCount; ++of)
    if (tap < 0 || !class_has_tap(of, tap)) sum += work.sum(parts, of * G + gate, size, work.injected_slices);
  if (tap < 0)
    work.layer(d, work.at.gate_bias, gate) = sum;
  else
    work.layer(d, work.at.fence, gate * kTapCount + tap) = sum;
}

__device__ void project(const Gather& work, int d, int i) {
  const int C = work.shape.channels, D = work.shape.layers;
  work.layer(d, work.at.project, i) = work.sum(work.from.grad_project, d * 2 * C + i, D * 2 * C, work.boards);
}

__device__ float of_table(const Gather& work, int tap, int code, int out) {
  const int C = work.shape.channels, size = work.shape.encoder_taps() * kTableCodes * C;
  return work.sum(work.from.table, (tap * kTableCodes + code) * C + out, size, work.table_slices);
}

__device__ void encoder_first(const Gather& work, int i) {
  const int C = work.shape.channels, out = i % C, tap = i / C % work.shape.encoder_taps();
  const int channel = i / C / work.shape.encoder_taps();
  float sum = 0;
  for (int code = 0; code < kCellCodes; ++code)
    if (work.shown[code][channel] != 0) sum += work.shown[code][channel] * of_table(work, tap, code, out);
  work.to[(out * work.shape.observed() + channel) * work.shape.encoder_taps() + tap] = sum;
}

// Whatever tap is looked at, every cell has one code under it.
__device__ void encoder_bias(const Gather& work, int out) {
  float sum = 0;
  for (int code = 0; code < kTableCodes; ++code) sum += of_table(work, 0, code, out);
  work.to[work.at.encoder_bias + static_cast<std::size_t>(out)] = sum;
}

__device__ void encoder_second(const Gather& work, int i) {
  const int C = work.shape.channels, out = i % C, in = i / C % C, tap = i / C / C, taps = work.shape.encoder_taps();
  work.to[work.at.encoder_second + static_cast<std::size_t>((out * C + in) * taps + tap)] =
      work.sum(work.from.encoder, i, taps * C * C, work.encoder_slices);
}

__device__ void skip_bias(const Gather& work, int out) {
  work.to[work.at.skip_bias + static_cast<std::size_t>(out)] =
      work.sum(work.from.skip_bias, out, work.shape.channels, work.table_slices);
}

// Sums of one layer, and of the encoder.
HOST_DEVICE constexpr int layer_sums(const FusedShape& shape) {
  return kTapCount * shape.gates() * (2 * shape.channels + shape.inputs()) + (1 + kTapCount) * shape.gates() +
         2 * shape.channels;
}
HOST_DEVICE constexpr int encoder_sums(const FusedShape& shape) {
  return shape.encoder_taps() * shape.channels * (shape.observed() + shape.channels) + 2 * shape.channels;
}

__global__ void __launch_bounds__(kThreads) gather_kernel(const __grid_constant__ Gather work) {
  const FusedShape& shape = work.shape;
  const int C = shape.channels, G = shape.gates(), taps = shape.encoder_taps(), all = layer_sums(shape);
  int i = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  if (i >= shape.layers * all + encoder_sums(shape)) return;
  // Whether the thread has one of the next so many sums; i counts within these.
  const auto has = [&i](int sums) {
    if (i < sums) return true;
    i -= sums;
    return false;
  };
  if (i < shape.layers * all) {
    const int d = i / all;
    i %= all;
    if (has(kTapCount * C * G)) return input(work, d, i);
    if (has(kTapCount * shape.inputs() * G)) return recurrent(work, d, i);
    if (has(kTapCount * C * G)) return injected(work, d, i);
    if (has((1 + kTapCount) * G)) return constant(work, d, i);
    return project(work, d, i);
  }
  i -= shape.layers * all;
  if (has(taps * C * shape.observed())) return encoder_first(work, i);
  if (has(C)) return encoder_bias(work, i);
  if (has(taps * C * C)) return encoder_second(work, i);
  skip_bias(work, i);
}

}  // namespace

void gather_gradient(Executor& executor, const FusedShape& shape, const Stretch& stretch, const BackwardScratch& scratch,
                     float* grad_parameters) {
  const int multiprocessors = device_limits(executor).multiprocessors;
  Gather work{.shape = shape,
              .at = parameter_offsets(shape),
              .from = scratch,
              .boards = stretch.boards,
              .recurrent_slices = recurrent_slices(shape, stretch, multiprocessors),
              .input_slices = input_slices(shape, stretch, multiprocessors),
              .injected_slices = injected_slices(shape, stretch),
              .encoder_slices = encoder_slices(stretch),
              .table_slices = table_slices(stretch),
              .to = grad_parameters,
              .shown = {}};
  for (int code = 0; code < kCellCodes; ++code) {
    if (shape.input == NetInput::planes) work.shown[code][code] = 1.0f;
    for (int c = 0; shape.input == NetInput::rgb && c < 3; ++c)
      work.shown[code][c] = static_cast<float>(kCellColours[code][c]) / 255.0f;
  }
  const auto sums = static_cast<unsigned>(shape.layers * layer_sums(shape) + encoder_sums(shape));
  launch(executor, "gather_gradient", gather_kernel,
         Geometry{.blocks = (sums + kThreads - 1) / kThreads, .threads = kThreads}, work);
}

}  // namespace boxwarp::DEVICE
