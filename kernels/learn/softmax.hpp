// The distribution over actions that one row of logits stands for. Rows are few and short beside the network's work, so
// exponentials are taken in double.
#pragma once

#include <cmath>

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

struct Softmax {
  double largest, log_total;  // log p_i = logit_i - largest - log_total
  double entropy;
};

HOST_DEVICE inline double log_probability(const Softmax& policy, double logit) {
  return logit - policy.largest - policy.log_total;
}

// logits: (A). A logit far below the largest one has probability 0; one that is not finite makes everything NaN.
HOST_DEVICE inline Softmax softmax(const float* logits, int actions) {
  Softmax policy{.largest = logits[0], .log_total = 0, .entropy = 0};
  for (int i = 1; i < actions; ++i) policy.largest = logits[i] > policy.largest ? logits[i] : policy.largest;
  double total = 0;
  for (int i = 0; i < actions; ++i) total += exp(logits[i] - policy.largest);
  policy.log_total = log(total);
  for (int i = 0; i < actions; ++i) {
    const double log_p = log_probability(policy, logits[i]);
    policy.entropy -= exp(log_p) * log_p;
  }
  return policy;
}

}  // namespace boxwarp
