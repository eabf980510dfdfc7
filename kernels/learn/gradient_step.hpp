// Adam (Kingma, Ba 2015, algorithm 1), eps outside of the root:
//   g = scale * gradient;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   parameter -= learning_rate (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + eps)
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

// A product that no compiler joins with the addition behind it, so that all backends round alike.
HOST_DEVICE inline float product(float a, float b) {
#if defined(__CUDA_ARCH__)
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}

// base^count by squaring: products alone, so that all backends get the same bits. Its error, some count * base^count *
// 2^-53, is nothing beside the 1 that it is taken from.
HOST_DEVICE inline double power(double base, std::int64_t count) {
  double result = 1;
  for (; count > 0; count /= 2) {
    if (count % 2 != 0) result *= base;
    base *= base;
  }
  return result;
}

// What all parameters share in gradient step number `step`, counted from 1.
struct AdamStep {
  float scale, learning_rate, beta1, beta2, epsilon;
  float rest1, rest2;              // 1 - beta
  float correction1, correction2;  // 1 - beta^step

  // 1 - beta and 1 - beta^step lose half their digits in float, so they are taken in double, once for all parameters.
  HOST_DEVICE static AdamStep of(double norm, double max_norm, double learning_rate, float beta1, float beta2, float epsilon,
                                 std::int64_t step) {
    const double wide1 = beta1, wide2 = beta2;
    return {.scale = static_cast<float>(norm > max_norm ? max_norm / norm : 1.0),
            .learning_rate = static_cast<float>(learning_rate),
            .beta1 = beta1,
            .beta2 = beta2,
            .epsilon = epsilon,
            .rest1 = static_cast<float>(1.0 - wide1),
            .rest2 = static_cast<float>(1.0 - wide2),
            .correction1 = static_cast<float>(1.0 - power(wide1, step)),
            .correction2 = static_cast<float>(1.0 - power(wide2, step))};
  }

  HOST_DEVICE void apply(float gradient, float& parameter, float& m, float& v) const {
    const float g = product(scale, gradient);
    m = product(beta1, m) + product(rest1, g);
    v = product(beta2, v) + product(rest2, product(g, g));
    parameter -= product(learning_rate, m / correction1) / (sqrtf(v / correction2) + epsilon);
  }
};

}  // namespace boxwarp
