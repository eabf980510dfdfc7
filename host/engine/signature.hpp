// One number that stands for everything the environment does.
#pragma once

#include <cstdint>

#include "host/engine/device.hpp"

namespace boxwarp {

// Plays kSignatureBoards boards of a built-in set for kSignatureSteps random steps each, with auto-resets, `batch` of them
// at a time, and hashes boards, players, rewards, flags and level ids after every step. The number is the same for every
// device, compiler, instruction set, number of threads, batch and tier. Throws BadInput if batch is below 1.
inline constexpr std::int64_t kSignatureBoards = 4096;
inline constexpr int kSignatureSteps = 512;
std::uint64_t rules_signature(const Device& device, std::int64_t batch, Tier tier = Tier::small);

}  // namespace boxwarp
