// Sums of arrays, element by element.
#pragma once

#include <cstddef>

namespace boxwarp {

// to += from
inline void add(const float* from, std::size_t size, float* to) {
  for (std::size_t i = 0; i < size; ++i) to[i] += from[i];
}

}  // namespace boxwarp
