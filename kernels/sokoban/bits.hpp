// Counting in 64-bit words, in arithmetic that every compiler has and that may run while compiling; a device has
// instructions for it, which may not.
#pragma once

#include <cstdint>

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

HOST_DEVICE constexpr int bit_count(std::uint64_t word) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) return __popcll(word);
#endif
  word -= word >> 1 & 0x5555555555555555u;
  word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
  word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return static_cast<int>(word * 0x0101010101010101u >> 56);
}

// The number of the lowest bit that is set; 64 of 0.
HOST_DEVICE constexpr int lowest_bit(std::uint64_t word) { return bit_count((word & (~word + 1)) - 1); }
static_assert(lowest_bit(0) == 64 && lowest_bit(1) == 0 && lowest_bit(std::uint64_t{5} << 40) == 40);

}  // namespace boxwarp
