// The weights that a training starts from.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/net/net.hpp"

namespace boxwarp {

// (parameter_count(shape)), laid out as parameter_tensors(shape): the published initialisation (truncated normal of variance
// 1 / fan_in, stratified within each tensor; orthogonal policy and value times head_gain; biases zero) from stream
// `initialisation` of the seed, environment 0.
std::vector<float> initial_weights(const NetShape& shape, float head_gain, std::uint64_t seed);

}  // namespace boxwarp
