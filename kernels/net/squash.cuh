// tanh and sigmoid at one instruction each.
#pragma once

#include <cmath>

#include "kernels/dialect.cuh"

namespace boxwarp {

// tanh.approx.f32: a relative error of at most 2^-11 (PTX ISA), so the sigmoid errs by 2^-12 at most: no more than bf16
// operands round away. The emulator errs as much: it keeps 11 bits of the true value.
struct FastSquash {
  static constexpr float kTanhError = 1.0f / 2048, kSigmoidError = 1.0f / 4096;  // relative; absolute

  __device__ static float tanh(float x) {
#if defined(__CUDACC__)
    float y;
    asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
#else
    return __uint_as_float((__float_as_uint(std::tanh(x)) + 0x1000u) & ~0x1fffu);
#endif
  }

  // (1 + tanh(x / 2)) / 2
  __device__ static float sigmoid(float x) { return 0.5f + 0.5f * tanh(0.5f * x); }
};

}  // namespace boxwarp
