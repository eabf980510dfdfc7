// What a step of the environments told, as the rows of a rollout keep it.
#pragma once

#include <cstddef>

#include "kernels/learn/learn.hpp"
#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

// Keeps the step of environment e; has its episode ended?
HOST_DEVICE inline bool keep_step(const RecordView& view, std::size_t e) {
  const bool truncated = view.truncated[e] != 0, done = view.terminated[e] != 0 || truncated;
  const bool sees_end = view.final_value != nullptr;
  double reward = view.reward_scale * static_cast<double>(view.reward[e]);
  if (truncated && sees_end) reward += view.gamma * static_cast<double>(view.final_value[e]);
  view.reward_row[e] = static_cast<float>(reward);
  view.done_row[e] = view.starts[e] = done;
  view.truncated_row[e] = truncated && !sees_end;
  return done;
}

}  // namespace boxwarp
