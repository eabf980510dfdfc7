// Kernel by kernel, what an update takes on a GPU beside what it is predicted to take: part of boxwarp bench train.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "host/learner/iteration.hpp"

namespace boxwarp {

// One update of an iteration that has run before, on a device that can tell its kernels' times (Device::profile).
// Predictions are there for GPUs that the model knows and networks that the fused kernels compute.
nlohmann::ordered_json profile_of(Iteration& iteration, const TrainConfig& config, const Device& device);

void print_profile(const nlohmann::ordered_json& profile);

}  // namespace boxwarp
