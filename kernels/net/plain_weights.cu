// The published parameters as the convolutions read them (rounded to bfloat16 for tensor cores), and the gradients back
// under the published layout. A parameter belongs to one weight, so this moves numbers and adds none; what no parameter
// belongs to (channels that fill up to four, or to a stage) stays zero, as the memory was given.
//
// Thread = one weight of the part.
#include "kernels/collective.cuh"
#include "kernels/net/plain_ops.cuh"

namespace boxwarp::DEVICE::plain {

namespace {

struct Weight {
  std::int64_t parameter;  // where it lies
  int tap, input, output;

  __device__ std::int64_t forward(const ConvolutionWeights& weights) const {
    return (tap * std::int64_t{weights.inputs} + input) * weights.outputs + output;
  }
  __device__ int back_tap(const ConvolutionWeights& weights) const { return weights.kernel * weights.kernel - 1 - tap; }
  __device__ std::int64_t backward(const ConvolutionWeights& weights) const {
    return (back_tap(weights) * std::int64_t{weights.outputs} + output) * weights.inputs + input;
  }
};

__host__ __device__ std::int64_t count_of(const WeightPiece& piece) {
  return static_cast<std::int64_t>(piece.outputs) * piece.inputs * piece.taps;
}

// Parameters of a part are counted output by output, then input by input, then tap by tap.
__device__ Weight weight_of(const WeightPiece& piece, std::int64_t number) {
  const auto tap = static_cast<int>(number % piece.taps);
  const auto input = static_cast<int>(number / piece.taps % piece.inputs);
  const std::int64_t output = number / piece.taps / piece.inputs;
  return {(output * piece.published_inputs + piece.first_input + input) * piece.taps + tap, tap, piece.to_input + input,
          piece.to_output + static_cast<int>(output)};
}

__global__ void __launch_bounds__(kThreads)
    plain_pack_weights_kernel(const float* tensor, const __grid_constant__ WeightPiece piece,
                              const __grid_constant__ ConvolutionWeights weights) {
  const std::int64_t number = thread_number();
  if (number >= count_of(piece)) return;
  const Weight weight = weight_of(piece, number);
  const float value = tensor[weight.parameter];
  if (weights.on_tiles()) {
    weights.forward_tiles[weights.forward_order().at(weight.tap, weight.input, weight.output)] = to_bf16(value);
    if (weights.backward_tiles != nullptr)
      weights.backward_tiles[weights.backward_order().at(weight.back_tap(weights), weight.output, weight.input)] =
          to_bf16(value);
  } else {
    weights.forward[weight.forward(weights)] = value;
    if (weights.backward != nullptr) weights.backward[weight.backward(weights)] = value;
  }
}

__global__ void __launch_bounds__(kThreads)
    plain_unpack_gradient_kernel(float* grad_tensor, const __grid_constant__ WeightPiece piece,
                                 const __grid_constant__ ConvolutionWeights weights) {
  const std::int64_t number = thread_number();
  if (number >= count_of(piece)) return;
  const Weight weight = weight_of(piece, number);
  grad_tensor[weight.parameter] = weights.gradient[weight.forward(weights)];
}

}  // namespace

void pack_weights(Executor& executor, const float* parameters, const WeightPiece& piece, const ConvolutionWeights& weights) {
  launch(executor, "plain_pack_weights", plain_pack_weights_kernel, geometry_of(count_of(piece)), parameters + piece.offset,
         piece, weights);
}

void unpack_gradient(Executor& executor, const ConvolutionWeights& weights, const WeightPiece& piece,
                     float* grad_parameters) {
  launch(executor, "plain_unpack_gradient", plain_unpack_gradient_kernel, geometry_of(count_of(piece)),
         grad_parameters + piece.offset, piece, weights);
}

}  // namespace boxwarp::DEVICE::plain
