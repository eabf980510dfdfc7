// A slice of the boards of an unroll, forward through all steps, ticks and layers and back, on one thread.
//
// Letters as in kernels/net/net.hpp; b boards of the slice, N = H * W cells, X inputs of the recurrent convolution,
// S spatial classes, Z channels of z. A tick has a number n = t * K + k in 0..T * K.
#pragma once

#include <vector>

#include "host/cpu/aligned_floats.hpp"
#include "host/cpu/conv_lstm.hpp"
#include "host/cpu/convolution.hpp"
#include "host/cpu/head_pass.hpp"
#include "host/cpu/network_weights.hpp"
#include "host/cpu/unroll_size.hpp"

namespace boxwarp {

// The primitives for slices of one size. Belongs to one worker; made inside a task of ThreadPool, like every
// PreparedPrimitive. The weights must outlive it.
class UnrollPrimitives {
 public:
  UnrollPrimitives(NetworkWeights& weights, const UnrollSize& size, Passes passes);

  std::size_t scratch_bytes() const;

  struct PackedAddresses {
    const float* encoder;
    const float* input;
    std::vector<const float*> recurrent;  // (D)
  } weights;
  ConvolutionForward encoder, input, recurrent;

  PackedAddresses backward_weights;  // packed for the way back; this and what follows only with forward_and_backward
  ConvolutionBackwardData encoder_data, input_data, recurrent_data;
  ConvolutionBackwardWeights encoder_weights, input_weights, recurrent_weights;
};

// Where a forward pass writes. With forward_and_backward it keeps what backward needs of every tick, otherwise only what
// the next tick needs.
class UnrollMemory {
 public:
  UnrollMemory(const NetworkWeights& weights, const UnrollSize& largest, Passes passes);

  // Lays the arrays out for slices of that size.
  void begin(const UnrollSize& size) { size_ = size; }
  const UnrollSize& size() const { return size_; }

  Pooled pooled(int d, int n) { return {maximum(d, n), mean(d, n), static_cast<int>(C_)}; }
  float* recurrent_input(int d, int n);  // (b, N, X) p and h before the tick; n up to T * K
  float* own_hidden(int d, int n);       // the h in it, cells X floats apart
  float* cell(int d, int n);             // (b, N, C) c before the tick; n up to T * K
  float* gates(int d, int n);            // (b, N, 4C)
  float* maximum(int d, int n);          // (b, C), and so the next two
  float* mean(int d, int n);
  float* injected(int d, int n);

  std::size_t bytes() const;

  HeadMemory head;
  // All steps: first layer of the encoder and e (T, b, N, C), the convolutions over e (T, b, N, D * 4C).
  AlignedFloats encoder, skip, input;
  AlignedFloats class_sums;  // (b, S, 4C) of the current tick

 private:
  struct Layer {
    AlignedFloats recurrent_input, cell, gates, maximum, mean, injected;
  };
  std::size_t board_floats(std::size_t per_board) const { return per_board * static_cast<std::size_t>(size_.boards); }

  std::size_t C_, N_, X_;
  bool keeps_;
  UnrollSize size_;
  std::vector<Layer> layers_;
};

// Room for gradients on the way back; belongs to one worker.
struct UnrollGradients {
  UnrollGradients(const NetworkWeights& weights, const UnrollSize& largest);
  std::size_t bytes() const;

  std::vector<AlignedFloats> hidden, cell;  // (D) of (b, N, C)
  std::vector<AlignedFloats> class_sums;    // (D) of (T * K, b, S, 4C)
  AlignedFloats recurrent_input;            // (b, N, X)
  AlignedFloats injected, maximum, mean;    // (b, C)
  HeadGradients head;
  AlignedFloats skip, encoder;  // (T, b, N, C)
};

// What one run over a slice works on; refers to everything, owns nothing.
struct UnrollSlice {
  UnrollSlice(const NetworkWeights& weights, UnrollPrimitives& primitives, UnrollMemory& memory, const UnrollView& unroll,
              int first);

  const NetworkWeights& weights;
  const NetworkParts& layout;
  const NetShape& shape;
  UnrollPrimitives& primitives;
  UnrollMemory& memory;
  const UnrollView& unroll;
  int first, boards, steps;  // boards first..first + b, T
  std::size_t board_state;   // floats of h or c of one layer and board: N * C
  std::size_t state;         // of one layer: b * N * C
  CellShape cell;

  HeadPass head_pass() const { return {shape, unroll, first, {boards, steps}}; }
  // From (T, B): the slice's boards of step t.
  std::size_t step_offset(int t) const {
    return static_cast<std::size_t>(t) * static_cast<std::size_t>(unroll.boards) + static_cast<std::size_t>(first);
  }
  // From (D, B, N, C): the slice's boards of layer d.
  std::size_t state_offset(int d) const {
    return (static_cast<std::size_t>(d) * static_cast<std::size_t>(unroll.boards) + static_cast<std::size_t>(first)) *
           board_state;
  }
};

void unroll_forward(const UnrollSlice& slice);

// The way back of the forward that filled the memory, which it uses up. grad_parts: (layout.size) out, overwritten: the
// slice's share of the gradient.
void unroll_backward(const UnrollSlice& slice, UnrollGradients& gradients, const UnrollGradientView& gradient,
                     float* grad_parts);

// What a forward of one step kept of the boards first..first + b out of all_boards.
void copy_activations(const NetShape& shape, UnrollMemory& memory, int all_boards, int first, const ActivationsView& view);

}  // namespace boxwarp
