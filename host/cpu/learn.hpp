// The processor's learner operations, one file each; contracts are those of LearnOps in kernels/learn/learn.hpp.
//
// Work is cut into pieces of a fixed size whose sums are added up in order, so no result depends on the number of threads.
#pragma once

#include "kernels/learn/learn.hpp"

namespace boxwarp::cpu {

void sample(Executor&, int boards, int actions, const float* logits, const std::uint64_t* seed,
            const std::uint32_t* environment, std::uint64_t step_call, std::uint8_t* action);

LossStatistics vtrace_loss(Executor&, const TrajectoryView&, const LossCoefficients&, float* grad_logits,
                           float* grad_values);

void gae(Executor&, int steps, int boards, const float* values, const float* reward, const std::uint8_t* done,
         const std::uint8_t* truncated, float gamma, float lambda, float* advantage, float* target);

LossStatistics ppo_loss(Executor&, const TrajectoryView&, const float* advantage, const float* target,
                        const LossCoefficients&, float* grad_logits, float* grad_values);

double norm(Executor&, const float* x, std::size_t count);

void adam(Executor&, std::size_t count, float* parameters, float* m, float* v, const float* gradient, float scale,
          float learning_rate, float beta1, float beta2, float epsilon, std::int64_t step);

}  // namespace boxwarp::cpu
