// The plain float32 network: every shape, one simple kernel after another. What is checked against, and what runs the shapes
// that have no fused kernels.
#pragma once

#include "kernels/dialect.cuh"
#include "kernels/net/net.hpp"

namespace boxwarp::DEVICE {

std::size_t plain_network_bytes(const NetShape& shape, const NetLimits& limits, const NetMode& mode);

// memory: plain_network_bytes, aligned to 256 and zeroed, which must outlive the network.
std::unique_ptr<Network> create_plain_network(Executor& executor, const NetShape& shape, const NetLimits& limits,
                                              const NetMode& mode, void* memory);

}  // namespace boxwarp::DEVICE
