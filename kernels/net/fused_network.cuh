// The fused network: the published DRC on tensor cores with operands in bf16, a handful of launches for a whole unroll.
#pragma once

#include "kernels/net/plain_body.cuh"

namespace boxwarp::DEVICE {

// Whether there are kernels for it; if not, the plain network computes it.
bool fused_covers(const NetShape& shape, const NetMode& mode);

// Whether warpgroups multiply, where there are kernels for it.
bool warpgroups_multiply(const NetShape& shape, const NetMode& mode);

// Takes its memory from the block. Only for what is covered.
std::unique_ptr<plain::Body> create_fused(MemoryBlock& block, const NetShape& shape, const NetLimits& limits,
                                          const NetMode& mode);

}  // namespace boxwarp::DEVICE
