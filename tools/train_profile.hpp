// Kernel by kernel, what an update takes on a GPU beside what it is predicted to take: part of boxwarp bench train.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "host/learner/iteration.hpp"

namespace boxwarp {

// One update of an iteration that has run before. Predictions are there for GPUs that the model knows and networks that the
// fused kernels compute. Throws BadInput for a device that cannot tell its kernels' times.
nlohmann::ordered_json profile_of(Iteration& iteration, const TrainConfig& config, const Device& device);

void print_profile(const nlohmann::ordered_json& profile);

}  // namespace boxwarp
