// The reward that the learner sees of one step.
#pragma once

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

// A final_value is worth gamma times itself where the episode was cut off before its end.
HOST_DEVICE inline float seen_reward(double reward_scale, float reward, double gamma, const float* final_value) {
  const auto seen = static_cast<float>(reward_scale * static_cast<double>(reward));
  return final_value == nullptr ? seen : static_cast<float>(seen + gamma * static_cast<double>(*final_value));
}

}  // namespace boxwarp
