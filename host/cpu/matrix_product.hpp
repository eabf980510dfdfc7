// oneDNN's matrix product on dense row-major arrays.
#pragma once

#include <dnnl.hpp>

namespace boxwarp {

enum class Side { plain, transposed };

// c = a b; c: (m, n) out. a: (m, k), or (k, m) where transposed; b: (k, n), or (n, k) where transposed.
inline void matrix_product(int m, int n, int k, const float* a, Side a_side, const float* b, Side b_side, float* c) {
  const bool a_turned = a_side == Side::transposed, b_turned = b_side == Side::transposed;
  dnnl::error::wrap_c_api(dnnl_sgemm(a_turned ? 'T' : 'N', b_turned ? 'T' : 'N', m, n, k, 1.0f, a, a_turned ? m : k, b,
                                     b_turned ? k : n, 0.0f, c, n),
                          "oneDNN could not multiply two matrices");
}

}  // namespace boxwarp
