// Weights as the fused kernels read them: operands rounded to bf16 in the order of fragments, and what can be summed before
// any board is seen summed. Elements are counted through all arrays; block = 256 threads, thread = 16 elements 256 apart.
//
// Bytes of DRC(3,3): 5 MB of parameters read, most of them two or three times, 7 MB written.
#include "kernels/net/fused_ops.cuh"
#include "kernels/net/input_value.hpp"
#include "kernels/net/parameter_offsets.hpp"

namespace boxwarp::DEVICE {

namespace {

constexpr unsigned kPackThreads = 256, kPackEach = 16;

// What an image shows in each channel where the cell has a code; nothing outside of the board.
struct Shown {
  float value[kTableCodes][kCellCodes];
};

Shown shown_by(NetInput input) {
  Shown shown{};
  for (int code = 0; code < kCellCodes; ++code) {
    for (int c = 0; c < kCellCodes; ++c) shown.value[code][c] = input_value(input, code, c);
  }
  return shown;
}

struct Source {
  const float* parameters;
  FusedShape shape;
  ParameterOffsets at;
  Shown shown;

  // A weight from channel x of the first, second or last third of [e, p, q], or of h, to a gate channel.
  __device__ float from_third(int d, int third, int gate, int x, int tap) const {
    const int C = shape.channels;
    return layer(d)[at.input_hidden + static_cast<std::size_t>((gate * 3 * C + third * C + x) * kTapCount + tap)];
  }
  __device__ float from_hidden(int d, int gate, int x, int tap) const {
    return layer(d)[at.hidden_hidden + static_cast<std::size_t>((gate * shape.channels + x) * kTapCount + tap)];
  }
  // From input x of the recurrent product.
  __device__ float recurrent(int d, int gate, int x, int tap) const {
    const int C = shape.channels;
    if (shape.layers == 1) return from_third(d, 1, gate, x, tap) + from_hidden(d, gate, x, tap);
    return x < C ? from_third(d, 1, gate, x, tap) : from_hidden(d, gate, x - C, tap);
  }
  __device__ float encoder(int out, int in, int tap) const {
    return parameters[at.encoder_second +
                      static_cast<std::size_t>((out * shape.channels + in) * shape.encoder_taps() + tap)];
  }
  __device__ const float* layer(int d) const { return parameters + static_cast<std::size_t>(d) * at.layer_stride; }
};

// Each of these is one element of one array of FusedWeights.

__device__ float table(const Source& from, int element) {
  const int C = from.shape.channels, out = element % C, code = element / C % kTableCodes, tap = element / C / kTableCodes;
  const int channels = from.shape.observed(), taps = from.shape.encoder_taps();
  float sum = 0;
  for (int in = 0; in < channels; ++in)
    sum += from.shown.value[code][in] * from.parameters[static_cast<std::size_t>((out * channels + in) * taps + tap)];
  return sum;
}

// The channel that column n of n-tile j of a warp with 16 of them is.
__device__ int pair_channel(const RightOrder::Place& place) { return (place.warp * 2 + place.j) * kPlaneChannels + place.n; }

__device__ float encoder(const Source& from, int element) {
  const RightOrder::Place place = pair_order(from.shape).place(element);
  const int tiles = from.shape.channels / kTileDepth, k = place.k_tile % tiles * kTileDepth + place.k;
  return from.encoder(pair_channel(place), k, place.k_tile / tiles);
}

__device__ float encoder_back(const Source& from, int element) {
  const RightOrder::Place place = pair_order(from.shape).place(element);
  const int tiles = from.shape.channels / kTileDepth, k = place.k_tile % tiles * kTileDepth + place.k;
  return from.encoder(k, pair_channel(place), place.k_tile / tiles);
}

// The gate channel that column n of n-tile j of a warp is.
__device__ int gate_channel(const FusedShape& shape, const RightOrder::Place& place) {
  return place.j * shape.channels + place.warp * kPlaneChannels + place.n;
}

__device__ float input(const Source& from, int d, int element) {
  const RightOrder::Place place = gate_order(from.shape).place(element);
  const int tiles = from.shape.channels / kTileDepth, k = place.k_tile % tiles * kTileDepth + place.k;
  return from.from_third(d, 0, gate_channel(from.shape, place), k, place.k_tile / tiles);
}

// The same for warpgroups. element: of those behind q's.
__device__ float recurrent_of_warpgroups(const Source& from, int d, int element) {
  const WarpgroupOrder::Place place = WarpgroupOrder{from.shape.channels}.place(element);
  const int tiles = from.shape.inputs() / kTileDepth, k = place.k_tile % tiles * kTileDepth + place.k;
  return from.recurrent(d, place.gate * from.shape.channels + place.channel, k, place.k_tile / tiles);
}

__device__ float recurrent(const Source& from, int d, int element) {
  const int of_q = from.shape.injected_k_tiles() * gate_order(from.shape).tile_elements();
  if (from.shape.warpgroups && element >= of_q) return recurrent_of_warpgroups(from, d, element - of_q);
  const RightOrder::Place place = gate_order(from.shape).place(element);
  const int behind = place.k_tile - from.shape.injected_k_tiles(), gate = gate_channel(from.shape, place);
  const int tiles = (behind < 0 ? from.shape.channels : from.shape.inputs()) / kTileDepth;
  const int k_tile = behind < 0 ? place.k_tile : behind, k = k_tile % tiles * kTileDepth + place.k, tap = k_tile / tiles;
  return behind < 0 ? from.from_third(d, 2, gate, k, tap) : from.recurrent(d, gate, k, tap);
}

__device__ float input_back(const Source& from, int d, int element) {
  const RightOrder::Place place = pair_order(from.shape).place(element);
  const int tiles = from.shape.gates() / kTileDepth, gate = place.k_tile % tiles * kTileDepth + place.k;
  return from.from_third(d, 0, gate, pair_channel(place), place.k_tile / tiles);
}

__device__ float recurrent_back(const Source& from, int d, int element) {
  const RightOrder::Place place = back_order(from.shape).place(element);
  const int tiles = from.shape.gates() / kTileDepth, gate = place.k_tile % tiles * kTileDepth + place.k;
  return from.recurrent(d, gate, gate_channel(from.shape, place), place.k_tile / tiles);
}

__device__ float injected_back(const Source& from, int d, int element) {
  const int G = from.shape.gates(), channel = element % kPlaneChannels, row = element / kPlaneChannels;
  return from.from_third(d, 2, row % G, row / G / kTapCount * kPlaneChannels + channel, row / G % kTapCount);
}

// Bias, and the fence wherever a tap lies off the board.
__device__ float constant(const Source& from, int d, int element) {
  const int gate = element % from.shape.gates(), spatial_class = element / from.shape.gates();
  float sum = from.layer(d)[from.at.gate_bias + static_cast<std::size_t>(gate)];
  for (int tap = 0; tap < kTapCount; ++tap) {
    if (!class_has_tap(spatial_class, tap))
      sum += from.layer(d)[from.at.fence + static_cast<std::size_t>(gate * kTapCount + tap)];
  }
  return sum;
}

// Hands out the threads, array by array.
struct Dealer {
  std::size_t left;  // this thread's number, less the elements of the arrays before

  // Whether this thread has an element of the next array.
  HOST_DEVICE bool takes(std::size_t elements) {
    if (left < elements) return true;
    left -= elements;
    return false;
  }
};

// The element with that number, counted through all arrays; none beyond the last.
__device__ void pack_element(const Source& from, const FusedWeights& to, std::size_t number) {
  const FusedShape& shape = from.shape;
  Dealer dealer{number};
  const auto C = static_cast<std::size_t>(shape.channels), D = static_cast<std::size_t>(shape.layers);
  const auto each = [&](auto* array, std::size_t elements, auto&& value) {
    if (!dealer.takes(elements)) return false;
    if constexpr (sizeof(*array) == sizeof(Bf16))
      array[dealer.left] = to_bf16(value(static_cast<int>(dealer.left)));
    else
      array[dealer.left] = value(static_cast<int>(dealer.left));
    return true;
  };
  const auto each_layer = [&](auto* array, std::size_t elements, auto&& value) {
    return each(array, D * elements, [&](int i) {
      const auto size = static_cast<int>(elements);
      return value(from, i / size, i % size);
    });
  };
  const auto copy = [&](auto* array, std::size_t offset, std::size_t elements) {
    return each(array, elements, [&](int i) { return from.parameters[offset + static_cast<std::size_t>(i)]; });
  };
  const auto U = static_cast<std::size_t>(shape.hidden), A = static_cast<std::size_t>(shape.actions);
  const std::size_t codes = static_cast<std::size_t>(shape.encoder_taps()) * kTableCodes * C;
  static_cast<void>(each(to.table, codes, [&](int i) { return table(from, i); }) ||
                    copy(to.encoder_bias, from.at.encoder_bias, C) || copy(to.skip_bias, from.at.skip_bias, C) ||
                    each(to.encoder, encoder_elements(shape), [&](int i) { return encoder(from, i); }) ||
                    each(to.encoder_back, encoder_elements(shape), [&](int i) { return encoder_back(from, i); }) ||
                    each_layer(to.input, input_elements(shape), input) ||
                    each_layer(to.recurrent, recurrent_elements(shape), recurrent) ||
                    each_layer(to.constant, static_cast<std::size_t>(kClassCount * shape.gates()), constant) ||
                    each_layer(to.project, 2 * C,
                               [](const Source& source, int d, int i) {
                                 return source.layer(d)[source.at.project + static_cast<std::size_t>(i)];
                               }) ||
                    each_layer(to.input_back, input_elements(shape), input_back) ||
                    each_layer(to.recurrent_back, recurrent_back_elements(shape), recurrent_back) ||
                    each_layer(to.injected_back, input_elements(shape), injected_back) ||
                    copy(to.dense, from.at.dense, U * static_cast<std::size_t>(shape.features())) ||
                    copy(to.dense_bias, from.at.dense_bias, U) || copy(to.heads, from.at.policy, A * U) ||
                    copy(to.heads + A * U, from.at.value, U) || copy(to.head_bias, from.at.policy_bias, A) ||
                    copy(to.head_bias + A, from.at.value_bias, 1));
}

// As many as pack_element walks.
std::size_t packed_elements(const FusedShape& shape) {
  const auto C = static_cast<std::size_t>(shape.channels), D = static_cast<std::size_t>(shape.layers);
  const auto U = static_cast<std::size_t>(shape.hidden), O = static_cast<std::size_t>(shape.outputs());
  return static_cast<std::size_t>(shape.encoder_taps()) * kTableCodes * C + 2 * C + 2 * encoder_elements(shape) +
         D * (3 * input_elements(shape) + recurrent_elements(shape) + recurrent_back_elements(shape) + 2 * C +
              static_cast<std::size_t>(kClassCount * shape.gates())) +
         U * static_cast<std::size_t>(shape.features()) + U + O * U + O;
}

// The blocks are named because otherwise the compiler gives up registers for more of them, and spills on some devices.
__global__ void __launch_bounds__(kPackThreads, 2)
    pack_weights_kernel(const __grid_constant__ Source from, const __grid_constant__ FusedWeights to) {
  const std::size_t first = std::size_t{blockIdx.x} * kPackThreads * kPackEach + threadIdx.x;
  for (unsigned i = 0; i < kPackEach; ++i) pack_element(from, to, first + i * kPackThreads);
}

}  // namespace

void pack_weights(Executor& executor, const FusedShape& shape, const float* parameters, const FusedWeights& weights) {
  const std::size_t elements = packed_elements(shape);
  launch(executor, "pack_weights", pack_weights_kernel,
         Geometry{.blocks = static_cast<unsigned>((elements + kPackThreads * kPackEach - 1) / (kPackThreads * kPackEach)),
                  .threads = kPackThreads},
         Source{parameters, shape, parameter_offsets(shape), shown_by(shape.input)}, weights);
}

}  // namespace boxwarp::DEVICE
