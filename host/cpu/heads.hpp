// Dense layer with ReLU, then policy and value as one more product: oneDNN's matrix product on weights as they come.
//
// Letters: R rows (boards times steps), F inputs, U hidden units, O outputs (actions and the value). Called inside tasks of
// ThreadPool, where oneDNN runs single-threaded.
#pragma once

namespace boxwarp {

struct HeadsShape {
  int rows, inputs, hidden, outputs;  // R, F, U, O
};

struct HeadsWeights {
  const float* dense_weights;  // (U, F)
  const float* dense_bias;     // (U)
  const float* head_weights;   // (O, U)
  const float* head_bias;      // (O)
};

// x: (R, F). hidden: (R, U) out, after the ReLU. outputs: (R, O) out.
void heads_forward(const HeadsShape& shape, const HeadsWeights& weights, const float* x, float* hidden, float* outputs);

struct HeadsGradients {  // all out, overwritten
  float* dense_weights;  // (U, F)
  float* dense_bias;     // (U)
  float* head_weights;   // (O, U)
  float* head_bias;      // (O)
  float* x;              // (R, F)
};

// x, hidden: as the forward pass had them; hidden is overwritten with its gradient. grad_outputs: (R, O).
void heads_backward(const HeadsShape& shape, const HeadsWeights& weights, const float* x, float* hidden,
                    const float* grad_outputs, const HeadsGradients& gradients);

}  // namespace boxwarp
