// The weights of a DRC regrouped as the arithmetic uses them, and the way back for gradients.
//
// Parts are linear in the parameters: sums of weights that act on the same input. The gradient of the parameters is
// therefore the transpose of the same map. Letters as in kernels/net/net.hpp; S spatial classes, E encoder kernel.
#pragma once

#include <cstddef>
#include <vector>

#include "host/cpu/spatial_classes.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

// Rows of the look-up table of the first encoder layer: the cell codes and one of zeros for cells outside of the board.
inline constexpr int kTableCodes = 8;
inline constexpr int kOutsideCode = 7;

// Where each part begins in the array of parts, and how many floats it has.
struct Part {
  std::size_t offset, size;
};

struct LayerParts {
  Part input;      // (4C, C, 3, 3) from e
  Part recurrent;  // (4C, X, 3, 3) from p and the own h (X = 2C); from h, which is p, if D = 1 (X = C)
  Part injected;   // (C, S, 4C) from q, in each class; empty without pooling, as is project
  Part constant;   // (S, 4C) bias and boundary in each class
  Part project;    // (2, C) rows: maximum, mean; full: (2, C, C), the last index is q's
};

struct HeadParts {
  Part dense_weights, dense_bias;  // (hidden, dense_inputs), (hidden)
  Part head_weights, head_bias;    // (A + 1, hidden), (A + 1): policy, then value
};

struct NetworkParts {
  NetShape shape;
  SpatialClasses classes;
  int recurrent_inputs;             // X
  Part table, encoder_bias;         // (E * E, kTableCodes, C), (C)
  Part encoder_weights, skip_bias;  // (C, C, E, E), (C): e is their output
  std::vector<LayerParts> layers;   // (D); their input parts follow each other without a gap
  HeadParts head;
  std::size_t size;  // of all parts, in floats
};

NetworkParts network_parts(const NetShape& shape);

// parameters: (parameter_count). parts: (size) out, overwritten.
void regroup(const NetworkParts& layout, const float* parameters, float* parts);

// grad_parts: (size). grad_parameters: (parameter_count) out, overwritten.
void regroup_gradient(const NetworkParts& layout, const float* grad_parts, float* grad_parameters);

}  // namespace boxwarp
