// Advantages of a minibatch brought to mean 0 and standard deviation 1, and sums of scaled arrays.
#include <cmath>

#include "host/cpu/learn.hpp"

namespace boxwarp::cpu {

namespace {

constexpr double kLeastDeviation = 1e-8;  // added to the deviation, so that a constant becomes zero

}  // namespace

// A few operations a sample: too little to share out among threads.
void normalise(Executor&, std::size_t count, float* x, void*) {
  if (count < 2) return;
  double sum = 0, square_sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += x[i];
  const double mean = sum / static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) square_sum += (x[i] - mean) * (x[i] - mean);
  const double deviation = std::sqrt(square_sum / static_cast<double>(count - 1));
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>((x[i] - mean) / (deviation + kLeastDeviation));
}

void add_scaled(Executor&, std::size_t count, float scale, const float* x, float* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] += scale * x[i];
}

}  // namespace boxwarp::cpu
