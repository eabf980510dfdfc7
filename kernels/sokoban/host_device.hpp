// HOST_DEVICE marks a function that runs on the processor and inside CUDA kernels.
#pragma once

#include <bit>

#if defined(__CUDACC__)
#define HOST_DEVICE __host__ __device__
#else
#define HOST_DEVICE
#endif

// Files, saved states, random words and drawings take the bytes of numbers as they lie in memory.
static_assert(std::endian::native == std::endian::little, "boxwarp runs on little-endian machines");
