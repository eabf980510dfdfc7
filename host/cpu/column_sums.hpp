// Sums over the rows of a matrix, in the order of the rows.
#pragma once

#include <algorithm>
#include <cstddef>

namespace boxwarp {

// sums[c] = sum over r of x[r, c]; x: (rows, columns); sums: (columns) out.
inline void column_sums(std::size_t rows, std::size_t columns, const float* x, float* sums) {
  std::fill_n(sums, columns, 0.0f);
  for (std::size_t r = 0; r < rows; ++r, x += columns) {
    for (std::size_t c = 0; c < columns; ++c) sums[c] += x[c];
  }
}

}  // namespace boxwarp
