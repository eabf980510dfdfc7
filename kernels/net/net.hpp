// The network's operations, declared once for every backend.
//
// DRC(D, K): Guez et al. 2019 (arXiv 1901.03559) as published by Taufeeque et al. 2024 (arXiv 2407.15421).
// Letters: T steps, B boards, D layers, K ticks, C channels, H rows, W columns, A actions. Arrays are dense float32 unless
// said otherwise, slowest index first; hidden states are channels last: (D, B, H, W, C); a ResNet has none. Pointers are
// addresses where the operations work. Operations start in order and wait for nobody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/executor.hpp"
#include "kernels/sokoban/board.hpp"

namespace boxwarp {

enum class NetKind : std::uint8_t { drc, resnet };
enum class NetInput : std::uint8_t { rgb, planes };  // the cell's colour / 255, or one-hot over the seven cell codes

// The options of a DRC; the first of each is the published one.
enum class OutputGate : std::uint8_t { tanh, sigmoid };
enum class Boundary : std::uint8_t {
  fence,  // a ring of ones around the board, through a VALID 3x3 convolution
  rim,    // one more input channel of each cell, one in the outermost cells of the board and zero inside
  none
};
enum class Pooling : std::uint8_t {
  per_channel,  // q[c] = P[0, c] maximum[c] + P[1, c] mean[c]
  full,         // q = P [maximum, mean], P of (C, 2C), no bias
  none          // no q: the cells' inputs are e and p
};
enum class Skip : std::uint8_t { sum, concatenation, none };  // z is h_D + e, [h_D, e] or h_D

enum class NetHead : std::uint8_t {
  flatten,  // the dense layer sees z of every cell: (y * W + x) * Z + channel
  pooled    // it sees [maximum, mean] of z over the board, 2Z numbers, whatever the size of the board
};

struct NetShape {
  int layers = 3;          // D; of a ResNet: its sequences
  int ticks = 3;           // K, passes through all layers for each step; of a ResNet: 1
  int channels = 32;       // C, a multiple of 16; of a ResNet: of its first two sequences, the others have 2C
  int height = 10;         // H
  int width = 10;          // W
  int actions = 4;         // A
  int hidden = 256;        // width of the dense layer
  int encoder_kernel = 4;  // 3 or 4, both encoder convolutions; of a ResNet: all convolutions
  NetInput input = NetInput::rgb;
  NetKind kind = NetKind::drc;
  OutputGate output_gate = OutputGate::tanh;  // this and the next three: of a DRC only
  Boundary boundary = Boundary::fence;
  Pooling pooling = Pooling::per_channel;
  Skip skip = Skip::sum;
  NetHead head = NetHead::flatten;

  bool operator==(const NetShape&) const = default;
};

// The ResNet baseline of Guez et al. 2019: 3,068,421 parameters on 10x10 boards.
inline constexpr NetShape kGuezResNet{.layers = 9, .ticks = 1, .kind = NetKind::resnet};

// What is wrong with a shape, a line for each mistake ("layers: found 0, takes 1 to 64"); empty if nothing is. Numbers out
// of their ranges, and options that a ResNet has not.
std::vector<std::string> mistakes_in(const NetShape& shape);

// The layers that carry h and c from step to step: D of every array of states. A ResNet has none.
constexpr int state_layers(const NetShape& shape) { return shape.kind == NetKind::drc ? shape.layers : 0; }

// The channels of a ResNet's sequence: 32, 32, 64, 64, ... as published.
constexpr int resnet_channels(const NetShape& shape, int sequence) {
  return sequence < 2 ? shape.channels : 2 * shape.channels;
}

// Z: the channels of z, the map that the head reads.
constexpr int head_channels(const NetShape& shape) {
  if (shape.kind == NetKind::resnet) return resnet_channels(shape, shape.layers - 1);
  return shape.skip == Skip::concatenation ? 2 * shape.channels : shape.channels;
}

// The inputs of the dense layer.
constexpr int dense_inputs(const NetShape& shape) {
  return head_channels(shape) * (shape.head == NetHead::pooled ? 2 : shape.height * shape.width);
}

// One tensor inside the flat array of parameters, under its published torch name and in torch's layout
// (convolutions out, in, kernel height, kernel width; dense out, in).
struct ParameterTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::size_t offset;  // of its first element
  std::size_t size;    // elements
};

// All tensors of a network in the order of the flat array, without the alias mlp_extractor.value_net.fc0.
std::vector<ParameterTensor> parameter_tensors(const NetShape& shape);
std::size_t parameter_count(const NetShape& shape);

struct UnrollView {
  int steps;                           // T
  int boards;                          // B
  const std::uint8_t* cells;           // (T, B, H, W) cell codes before each step
  const std::uint8_t* episode_starts;  // (T, B) 1: h and c are zeroed before this step
  const float* h_start;                // (D, B, H, W, C) state before step 0
  const float* c_start;                // (D, B, H, W, C)
  float* logits;                       // (T, B, A) out
  float* values;                       // (T, B) out
  float* h_end;                        // (D, B, H, W, C) out, may alias h_start; null: not wanted
  float* c_end;                        // (D, B, H, W, C) out, may alias c_start; null: not wanted
};

struct UnrollGradientView {
  const float* grad_logits;  // (T, B, A) in
  const float* grad_values;  // (T, B) in
  float* grad_parameters;    // (parameter_count) out, overwritten
  float* grad_h_start;       // (D, B, H, W, C) out; null: not wanted
  float* grad_c_start;       // (D, B, H, W, C) out; null: not wanted
  // (D, B, H, W, C) in: what arrives at h_end and c_end; null: zeros. For processors: others throw std::invalid_argument.
  const float* grad_h_end = nullptr;
  const float* grad_c_end = nullptr;
};

// What the cells of a DRC held after each tick of one step, and their gates after the nonlinearity: (K, D, B, H, W, C) out.
struct ActivationsView {
  float *h, *c;
  float *i, *j, *f, *o;
};

// A network of one shape on one backend with memory for unrolls of up to the given limits. All memory is taken when it is
// created: a call of forward, backward or load takes none and waits for nothing on a device, so it can be recorded. Results
// do not depend on how many threads the executor has.
class Network {
 public:
  virtual ~Network() = default;

  // parameters: (parameter_count), read during the call; to be called again after every change.
  virtual void load(const float* parameters) = 0;

  // T steps of B boards. keep_activations: what backward needs is kept until the next call of forward with
  // keep_activations; a call without leaves it alone.
  virtual void forward(const UnrollView& unroll, bool keep_activations) = 0;

  // Gradient of sum(logits * grad_logits) + sum(values * grad_values) of the last unroll that kept its activations, which
  // are used up: one backward for each such forward. The unroll's inputs must still be there unchanged, and the parameters
  // must be those it ran with.
  virtual void backward(const UnrollView& unroll, const UnrollGradientView& gradient) = 0;

  // Copies what the last forward kept, which was of one step and has not been used up. False, and nothing is written, where
  // a backend keeps no such thing: that of GPUs, whose kernels keep the gates on the chip.
  virtual bool activations(const ActivationsView&) { return false; }

  virtual std::size_t memory_bytes() const = 0;
};

struct NetLimits {
  int forward_boards;   // most boards of a forward without activations
  int forward_steps;    // most steps of the same
  int training_boards;  // most boards of an unroll with backward; 0: inference only
  int training_steps;
};

// How products are computed. bf16: operands rounded to bfloat16 (weights when they are loaded), sums in float, in fused
// kernels where the shape has them, otherwise layer by layer. bf16_wgmma: as bf16, but where the fused kernels have 32 or 64
// channels, those of the recurrent state by warpgroups (wgmma, compute capability 9.0 alone; other devices refuse it). A
// processor always computes in float32.
enum class Precision : std::uint8_t { bf16, bf16_wgmma, float32 };

struct NetMode {
  Precision precision = Precision::bf16;
  bool recompute = false;  // keep the states between steps only, and compute the activations of a step again on the way back

  bool operator==(const NetMode&) const = default;
};

struct NetOps {
  // What computes a network of this shape, for people: "float32 by oneDNN", "bf16 tensor cores, fused".
  const char* (*kernels)(const NetShape&, const NetMode&);
  // Device memory that create takes for it; 0 where the network takes its own.
  std::size_t (*memory_bytes)(const NetShape&, const NetLimits&, const NetMode&);
  // memory: memory_bytes, aligned to 256 and zeroed, which must outlive the network; null where none is needed.
  std::unique_ptr<Network> (*create)(Executor&, const NetShape&, const NetLimits&, const NetMode&, void* memory);
};

}  // namespace boxwarp
