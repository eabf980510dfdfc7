// The arithmetic of one ConvLSTM cell and its derivative (Taufeeque et al. 2024, arXiv 2407.15421: o is a tanh too; Guez et
// al. 2019, arXiv 1901.03559: it is a sigmoid).
//
// Squash: a type with static tanh(float) and sigmoid(float).
#pragma once

#include "kernels/net/net.hpp"
#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

struct Gates {
  float i, j, f, o;
};

struct CellState {
  float c, h;
};

// i = tanh, j = sigmoid, f = sigmoid, o = tanh or sigmoid.
template <class Squash>
HOST_DEVICE inline Gates activated(const Gates& before, OutputGate output = OutputGate::tanh) {
  return {Squash::tanh(before.i), Squash::sigmoid(before.j), Squash::sigmoid(before.f),
          output == OutputGate::tanh ? Squash::tanh(before.o) : Squash::sigmoid(before.o)};
}

// c' = f c + i j, h' = o tanh(c').
template <class Squash>
HOST_DEVICE inline CellState next_state(const Gates& gates, float c) {
  const float next = gates.f * c + gates.i * gates.j;
  return {next, gates.o * Squash::tanh(next)};
}

struct CellGradient {
  Gates before;  // of the gates before their nonlinearity
  float c;       // of the state before the tick
};

// The derivative of next_state(activated(before), c). gates: activated; squashed: tanh(c'); grad: of c' and h'.
HOST_DEVICE inline CellGradient cell_gradient(const Gates& gates, float c, float squashed, const CellState& grad,
                                              OutputGate output = OutputGate::tanh) {
  const float grad_c = grad.c + grad.h * gates.o * (1 - squashed * squashed);
  const float slope_o = output == OutputGate::tanh ? 1 - gates.o * gates.o : gates.o * (1 - gates.o);
  return {{grad_c * gates.j * (1 - gates.i * gates.i),  // tanh' = 1 - tanh^2
           grad_c * gates.i * gates.j * (1 - gates.j),  // sigmoid' = sigmoid (1 - sigmoid)
           grad_c * c * gates.f * (1 - gates.f), grad.h * squashed * slope_o},
          grad_c * gates.f};
}

}  // namespace boxwarp
