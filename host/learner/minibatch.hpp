// Whole sequences of some environments of a rollout, side by side, as one gradient step reads them.
#pragma once

#include <cstdint>

#include "host/learner/rollout.hpp"

namespace boxwarp {

struct Minibatch {
  int steps, boards;  // T, B
  bool bootstrap;     // step T is run, too

  std::uint8_t *cells = nullptr, *starts = nullptr;      // (T + 1, B, H * W), (T + 1, B)
  float *h_start = nullptr, *c_start = nullptr;          // (D, B, H * W * C)
  float* behaviour_logits = nullptr;                     // (T, B, A)
  std::uint8_t* action = nullptr;                        // (T, B)
  float* reward = nullptr;                               // (T, B)
  std::uint8_t *done = nullptr, *truncated = nullptr;    // (T, B)
  float *advantage = nullptr, *target = nullptr;         // (T, B); null: the loss finds its own
  float *logits = nullptr, *values = nullptr;            // (T + 1, B, A), (T + 1, B) of the current weights
  float *grad_logits = nullptr, *grad_values = nullptr;  // the same shapes

  // Sizes only; add() names the arrays.
  Minibatch(const TrainConfig& config, bool bootstrap);
  void add(MemoryPlan& plan, const Rollout& rollout, bool advantages);

  // Copies the sequences of these environments (B); all_advantages and all_targets are (T, N) or null.
  void gather(const Device& device, const Rollout& rollout, const std::int32_t* environments, const float* all_advantages,
              const float* all_targets);
  UnrollView unroll() const;
  TrajectoryView trajectory(int actions) const;
};

}  // namespace boxwarp
