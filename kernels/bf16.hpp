// A number of two bytes: the upper half of a float.
#pragma once

#include <cstdint>

namespace boxwarp {

struct Bf16 {
  std::uint16_t bits;
};

}  // namespace boxwarp
