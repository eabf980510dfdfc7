// The reward that the learner sees of one step.
#pragma once

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

// final_value: of the observation that an episode was cut off at, which the step before counts with gamma; null: none.
HOST_DEVICE inline float seen_reward(double reward_scale, float reward, double gamma, const float* final_value) {
  double seen = reward_scale * static_cast<double>(reward);
  if (final_value != nullptr) seen += gamma * static_cast<double>(*final_value);
  return static_cast<float>(seen);
}

}  // namespace boxwarp
