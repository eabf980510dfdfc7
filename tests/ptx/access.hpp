// Where the bytes are that an instruction names: looked up, and refused where a GPU would refuse them.
#pragma once

#include <cmath>

#include "tests/ptx/decoding.hpp"

namespace boxwarp::ptx {

enum class Space { param, shared, global, generic };

// "param", "shared", "global", "const"; generic without one.
Space space_of(const std::vector<std::string_view>& parts);

// Throw Failure.
std::byte* shared_bytes(const Warp& warp, const Instruction& instruction, unsigned lane, std::uint64_t address,
                        std::size_t bytes);
std::byte* looked_up_bytes(const Warp& warp, const Instruction& instruction, unsigned lane, std::uint64_t address,
                           std::size_t bytes);

// Most often in the block in which the same instruction found them last.
inline std::byte* global_bytes(const Warp& warp, const Instruction& i, unsigned lane, std::uint64_t address,
                               std::size_t bytes) {
  const Memory::Block& seen = warp.block->blocks_seen[i.block_seen];
  if (address >= seen.begin && address + bytes <= seen.end && address % bytes == 0)
    return warp.block->memory->bytes_of(address);
  return looked_up_bytes(warp, i, lane, address, bytes);
}

template <Space kSpace>
std::byte* bytes_at(const Warp& warp, const Instruction& i, unsigned lane, std::uint64_t address, std::size_t bytes) {
  if constexpr (kSpace == Space::shared) {
    return shared_bytes(warp, i, lane, address, bytes);
  } else if constexpr (kSpace == Space::generic) {
    return address >= kSharedWindow ? shared_bytes(warp, i, lane, address - kSharedWindow, bytes)
                                    : global_bytes(warp, i, lane, address, bytes);
  } else {
    return global_bytes(warp, i, lane, address, bytes);
  }
}

// As tensor cores round: what does not fit is cut off.
inline float cut_off(double x) {
  const auto nearest = static_cast<float>(x);
  const bool too_far = std::fabs(static_cast<double>(nearest)) > std::fabs(x);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(nearest) - (too_far ? 1 : 0));  // the next one towards zero
}

}  // namespace boxwarp::ptx
