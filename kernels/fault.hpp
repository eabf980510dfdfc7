// What went wrong inside a kernel, as one 64-bit word: kernels cannot throw, so they leave it for the host's next
// synchronisation. Of several faults the smallest word stays, which is the lowest environment's whatever the order of
// threads.
#pragma once

#include <cstdint>

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

enum class FaultKind : std::uint8_t { bad_action, bad_level, not_finite, bad_cell };

struct Fault {
  FaultKind kind;
  std::uint32_t environment;  // its row in the batch
  std::int32_t value;         // the action, level or cell code that was found, cut to 24 bits with sign; 0 for not_finite
};

using FaultWord = unsigned long long;  // the type that CUDA's 64-bit atomics take
static_assert(sizeof(FaultWord) == 8);
inline constexpr FaultWord kNoFault = ~FaultWord{0};  // all bytes 0xff

inline constexpr int kFaultValueBits = 24;

// From the top: 32 bits of environment, 8 of kind, 24 of value.
HOST_DEVICE constexpr FaultWord packed(Fault fault) {
  constexpr FaultWord mask = (FaultWord{1} << kFaultValueBits) - 1;
  return FaultWord{fault.environment} << 32 | static_cast<FaultWord>(fault.kind) << kFaultValueBits |
         (static_cast<FaultWord>(static_cast<std::uint32_t>(fault.value)) & mask);
}

HOST_DEVICE constexpr Fault unpacked(FaultWord word) {
  const auto low = static_cast<std::uint32_t>(word);
  return {.kind = static_cast<FaultKind>(low >> kFaultValueBits),
          .environment = static_cast<std::uint32_t>(word >> 32),
          .value = static_cast<std::int32_t>(low << (32 - kFaultValueBits)) >> (32 - kFaultValueBits)};
}
static_assert(unpacked(packed({FaultKind::bad_level, 7, -1})).value == -1, "the sign of a value is kept");

}  // namespace boxwarp
