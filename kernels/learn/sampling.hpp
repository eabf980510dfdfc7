// One action from softmax(logits): the first whose cumulative probability exceeds a number in [0, 1).
#pragma once

#include <cmath>

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

// Sums of weights exp(logit - largest), not of probabilities: the last sum is the total itself, so the number scaled by it
// lies below for certain, and an action of weight zero raises no sum and is never the first to exceed anything.
HOST_DEVICE inline int inverted(const float* logits, int actions, double number) {
  float largest = logits[0];
  for (int i = 1; i < actions; ++i) largest = logits[i] > largest ? logits[i] : largest;
  double total = 0;
  for (int i = 0; i < actions; ++i) total += static_cast<double>(expf(logits[i] - largest));
  double sum = 0;
  for (int i = 0; i < actions; ++i) {
    sum += static_cast<double>(expf(logits[i] - largest));
    if (sum > number * total) return i;
  }
  return 0;  // only where a logit is not finite, which the loss reports
}

}  // namespace boxwarp
