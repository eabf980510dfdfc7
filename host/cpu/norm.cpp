// The L2 norm of a long array, in double: sums over pieces of a fixed size, added up in order.
#include <algorithm>
#include <cmath>
#include <vector>

#include "host/cpu/learn.hpp"
#include "host/cpu/thread_pool.hpp"

namespace boxwarp::cpu {

namespace {

constexpr std::size_t kPiece = 16384;
constexpr std::size_t kLanes = 8;  // sums that run side by side, so that additions need not wait for each other

double square_sum(const float* x, std::size_t count) {
  double lane[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::size_t j = 0; j < kLanes; ++j) lane[j] += double{x[i + j]} * double{x[i + j]};
  for (std::size_t j = 0; i < count; ++i, ++j) lane[j] += double{x[i]} * double{x[i]};
  double sum = 0;
  for (const double part : lane) sum += part;
  return sum;
}

}  // namespace

void norm(Executor& executor, const float* x, std::size_t count, double* norm, void*) {
  std::vector<double> sums((count + kPiece - 1) / kPiece);
  static_cast<ThreadPool&>(executor).run(static_cast<std::int64_t>(sums.size()), [&](std::int64_t piece, int) {
    const std::size_t begin = static_cast<std::size_t>(piece) * kPiece;
    sums[static_cast<std::size_t>(piece)] = square_sum(x + begin, std::min(kPiece, count - begin));
  });
  double sum = 0;
  for (const double part : sums) sum += part;
  *norm = std::sqrt(sum);
}

}  // namespace boxwarp::cpu
