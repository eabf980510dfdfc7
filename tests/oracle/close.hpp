// Comparison of numbers that a NaN or an infinity never passes.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

namespace oracle {

// |a - b| <= atol + rtol |b|, both finite.
inline testing::AssertionResult close(double a, double b, double atol, double rtol) {
  if (!std::isfinite(a) || !std::isfinite(b)) return testing::AssertionFailure() << a << " and " << b << ": not finite";
  if (std::fabs(a - b) <= atol + rtol * std::fabs(b)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << a << " is not " << b << " (difference " << a - b << ")";
}

}  // namespace oracle
