// One gradient step, pieces of the parameters at a time
// (kernels/learn/gradient_step.hpp has the formula).
#include <algorithm>

#include "host/cpu/learn.hpp"
#include "host/cpu/thread_pool.hpp"
#include "kernels/learn/gradient_step.hpp"
#include "kernels/learn/losses.hpp"

namespace boxwarp::cpu {

namespace {

constexpr std::size_t kPiece = 16384;

}  // namespace

void adam(Executor& executor, const AdamView& view, LearnClock* clock, UpdateReport* report) {
  if (!counted_step(*view.norm, *clock, *report)) return;
  const AdamStep step = AdamStep::of(*view.norm, view.max_norm, clock->learning_rate, view.beta1, view.beta2, view.epsilon,
                                     clock->gradient_step);
  const auto pieces = static_cast<std::int64_t>((view.count + kPiece - 1) / kPiece);
  static_cast<ThreadPool&>(executor).run(pieces, [&view, &step](std::int64_t piece, int) {
    const std::size_t begin = static_cast<std::size_t>(piece) * kPiece, end = std::min(begin + kPiece, view.count);
    // Copies of this function's own, which no store can reach: else the loop reads them anew for every parameter.
    const AdamStep now = step;
    const AdamView arrays = view;
    for (std::size_t i = begin; i < end; ++i) now.apply(arrays.gradient[i], arrays.parameters[i], arrays.m[i], arrays.v[i]);
  });
}

}  // namespace boxwarp::cpu
