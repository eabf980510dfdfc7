// One tick of one ConvLSTM layer, apart from its convolutions: pooling and injection, gates, state; and the way back.
//
// Letters: B boards, S spatial classes, C channels (a multiple of 16), N = H * W cells. All arrays are float32, slowest
// index first, on a boundary of 64 bytes, and do not overlap unless said. "Strided" arrays hold (B, N, stride) of which
// the first C (or 4C) of each cell are meant.
#pragma once

#include <cstdint>

#include "kernels/net/net.hpp"

namespace boxwarp {

struct CellShape {
  int boards;                         // B
  int cells;                          // N
  int channels;                       // C
  int classes;                        // S
  const std::uint8_t* class_of_cell;  // (N)
  OutputGate output_gate = OutputGate::tanh;
};

struct Strided {
  float* data;
  int stride;  // floats from one cell to the next, a multiple of 16
};

// ---- pool and inject: q = P [maximum, mean] of the own h over the board -----------------------------------------------

struct Pooled {
  float* maximum;  // (B, C), boards `stride` floats apart; so is mean
  float* mean;
  int stride;
};

// h: strided (C), read only. Writes maximum and mean.
void pool_forward(const CellShape& shape, Strided h, const Pooled& pooled);

// grad_h: strided (C) in and out, the share of grad is added; where cells share the maximum it is divided evenly.
void pool_backward(const CellShape& shape, Strided h, const Pooled& pooled, const Pooled& grad, Strided grad_h);

struct InjectView {
  Pooling pooling;       // per_channel or full
  const float* project;  // (2, C) rows: maximum, mean; full: (2, C, C), the last index is q's
  Pooled pooled;         // read only
};

// injected: (B, C) out, q.
void inject_forward(const CellShape& shape, const InjectView& view, float* injected);

// grad_injected: (B, C). grad: of maximum and mean, out. grad_project: as project, in and out, added to.
void inject_backward(const CellShape& shape, const InjectView& view, const float* grad_injected, const Pooled& grad,
                     float* grad_project);

// class_sums[b, s, g] = constant[s, g] + sum over c of injected[b, c] * weights[c, s, g]: what bias, boundary and q add to
// the gates g of the cells of class s. weights: (C, S, 4C); constant: (S, 4C); class_sums: (B, S, 4C) out. injected null:
// there is no q, nor weights.
void class_sums_forward(const CellShape& shape, const float* injected, const float* weights, const float* constant,
                        float* class_sums);

// grad_injected[b, c] = sum over s, g of grad_class_sums[b, s, g] * weights[c, s, g]; grad_injected: (B, C) out.
void class_sums_backward(const CellShape& shape, const float* grad_class_sums, const float* weights, float* grad_injected);

// ---- gates and state ------------------------------------------------------------------------------------------------

struct GatesForwardView {
  float* gates;                // (B, N, 4C) in: the recurrent convolution; out: i, j, f, o after their nonlinearity
  Strided input_part;          // strided (4C), read only: the convolution over e
  const float* class_sums;     // (B, S, 4C)
  const float* c;              // (B, N, C)
  float* c_next;               // (B, N, C) out; may be c
  Strided h_next;              // strided (C) out
  Strided h_above;             // strided (C) out, h' once more for another reader; data null: none
  const std::uint8_t* erased;  // (B) 1: zeros are written to c_next and h_next instead; null: none
  bool erases_above;           // and to h_above
  Strided head_input;          // strided (C) out: h', not erased; data null: no head
  const float* skip;           // (B, N, C) e, which is added to it; null: nothing is
};

void gates_forward(const CellShape& shape, const GatesForwardView& view);

struct GatesBackwardView {
  float* gates;            // (B, N, 4C) in: what gates_forward left; out: gradient before the nonlinearity
  const float* c;          // (B, N, C) before the tick
  const float* grad_h;     // (B, N, C) of h'
  float* grad_c;           // (B, N, C) in: of c'; out: of c
  float* grad_class_sums;  // (B, S, 4C) out
  Strided grad_input;      // strided (4C): the gradient is written there, or added to what is there; data null: not wanted
  bool adds_to_input;
};

void gates_backward(const CellShape& shape, const GatesBackwardView& view);

}  // namespace boxwarp
