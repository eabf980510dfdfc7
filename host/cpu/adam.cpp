// Adam (Kingma, Ba 2015, algorithm 1), eps outside of the root:
//   g = scale * gradient;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   parameter -= learning_rate (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + eps)
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/cpu/learn.hpp"
#include "host/cpu/thread_pool.hpp"

namespace boxwarp::cpu {

namespace {

constexpr std::size_t kPiece = 16384;

}  // namespace

void adam(Executor& executor, std::size_t count, float* parameters, float* m, float* v, const float* gradient, float scale,
          float learning_rate, float beta1, float beta2, float epsilon, std::int64_t step) {
  if (step < 1) throw std::invalid_argument("adam: step counts from 1");
  // 1 - beta and 1 - beta^step lose half their digits in float, once and for all parameters
  const auto rest1 = static_cast<float>(1.0 - beta1), rest2 = static_cast<float>(1.0 - beta2);
  const auto correction1 = static_cast<float>(1.0 - std::pow(double{beta1}, static_cast<double>(step)));
  const auto correction2 = static_cast<float>(1.0 - std::pow(double{beta2}, static_cast<double>(step)));
  const auto pieces = static_cast<std::int64_t>((count + kPiece - 1) / kPiece);
  static_cast<ThreadPool&>(executor).run(pieces, [=](std::int64_t piece, int) {
    const std::size_t begin = static_cast<std::size_t>(piece) * kPiece, end = std::min(begin + kPiece, count);
    for (std::size_t i = begin; i < end; ++i) {
      const float g = scale * gradient[i];
      m[i] = beta1 * m[i] + rest1 * g;
      v[i] = beta2 * v[i] + rest2 * (g * g);
      parameters[i] -= learning_rate * (m[i] / correction1) / (std::sqrt(v[i] / correction2) + epsilon);
    }
  });
}

}  // namespace boxwarp::cpu
