// Adam (Kingma, Ba 2015, algorithm 1), eps outside of the root:
//   g = scale * gradient;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
//   parameter -= learning_rate (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + eps)
#include <algorithm>
#include <cmath>

#include "host/cpu/learn.hpp"
#include "host/cpu/thread_pool.hpp"

namespace boxwarp::cpu {

namespace {

constexpr std::size_t kPiece = 16384;

}  // namespace

void adam(Executor& executor, const AdamView& view, LearnClock* clock, UpdateReport* report) {
  const double norm = *view.norm;
  report->gradient_norm += norm;
  ++report->gradient_steps;
  const auto step = static_cast<double>(++clock->gradient_step);
  if (report->not_finite == 0 && !std::isfinite(norm)) ++report->not_finite;
  if (report->not_finite != 0) return;

  const AdamView v = view;
  const auto scale = static_cast<float>(norm > v.max_norm ? v.max_norm / norm : 1.0);
  const auto learning_rate = static_cast<float>(clock->learning_rate);
  // 1 - beta and 1 - beta^step lose half their digits in float, once and for all parameters
  const auto rest1 = static_cast<float>(1.0 - v.beta1), rest2 = static_cast<float>(1.0 - v.beta2);
  const auto correction1 = static_cast<float>(1.0 - std::pow(double{v.beta1}, step));
  const auto correction2 = static_cast<float>(1.0 - std::pow(double{v.beta2}, step));
  const auto pieces = static_cast<std::int64_t>((v.count + kPiece - 1) / kPiece);
  static_cast<ThreadPool&>(executor).run(pieces, [=](std::int64_t piece, int) {
    const std::size_t begin = static_cast<std::size_t>(piece) * kPiece, end = std::min(begin + kPiece, v.count);
    for (std::size_t i = begin; i < end; ++i) {
      const float g = scale * v.gradient[i];
      v.m[i] = v.beta1 * v.m[i] + rest1 * g;
      v.v[i] = v.beta2 * v.v[i] + rest2 * (g * g);
      v.parameters[i] -= learning_rate * (v.m[i] / correction1) / (std::sqrt(v.v[i] / correction2) + v.epsilon);
    }
  });
}

}  // namespace boxwarp::cpu
