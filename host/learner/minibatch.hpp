// Whole sequences of some environments of a rollout, side by side, as one gradient step reads them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/learner/rollout.hpp"

namespace boxwarp {

struct Minibatch {
  int steps, boards;                            // T, B
  bool bootstrap;                               // step T is run, too
  std::vector<std::uint8_t> cells;              // (T + 1, B, H * W)
  std::vector<std::uint8_t> starts;             // (T + 1, B)
  std::vector<float> h_start, c_start;          // (D, B, H * W * C)
  std::vector<float> behaviour_logits;          // (T, B, A)
  std::vector<std::int32_t> action;             // (T, B)
  std::vector<float> reward;                    // (T, B)
  std::vector<std::uint8_t> done, truncated;    // (T, B)
  std::vector<float> advantage, target;         // (T, B), ppo
  std::vector<float> logits, values;            // (T + 1, B, A), (T + 1, B) of the current weights
  std::vector<float> grad_logits, grad_values;  // the same shapes

  Minibatch(const Rollout& rollout, int boards, bool bootstrap);

  // Copies the sequences of these environments (B); advantage and target (T, N) may be empty.
  void gather(const Rollout& rollout, std::span<const std::int32_t> environments, std::span<const float> all_advantages,
              std::span<const float> all_targets);
  UnrollView unroll();
  std::size_t memory_bytes() const;
};

// Shifts and scales to mean 0 and standard deviation 1 (ddof 1; a constant becomes 0).
void normalise(std::span<float> x);

}  // namespace boxwarp
