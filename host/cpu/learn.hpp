// The processor's learner operations, one file each; contracts are those of LearnOps in kernels/learn/learn.hpp.
//
// Work is cut into pieces of a fixed size whose sums are added up in order, so no result depends on the number of threads.
#pragma once

#include "kernels/learn/learn.hpp"

namespace boxwarp::cpu {

void begin_update(Executor&, const UpdateSchedules& schedules, LearnClock* clock, UpdateReport* report);
void end_update(Executor&, int steps, const UpdateReport* report, UpdateReport* reports, int kept, LearnClock* clock);

void sample(Executor&, int boards, int actions, const float* logits, const std::uint64_t* seed,
            const std::uint32_t* environment, const LearnClock* clock, int t, std::uint8_t* action);
void record(Executor&, const RecordView& view, UpdateReport* report);

void shuffle(Executor&, std::uint64_t seed, int epoch, int count, const LearnClock* clock, std::int32_t* order);
void gather(Executor&, const GatherView& view);

void vtrace_loss(Executor&, const TrajectoryView&, const LossCoefficients&, const LearnClock* clock, float* grad_logits,
                 float* grad_values, UpdateReport* report, void* workspace);

void gae(Executor&, int steps, int boards, const float* values, const float* reward, const std::uint8_t* done,
         const std::uint8_t* truncated, float gamma, float lambda, float* advantage, float* target);
void normalise(Executor&, std::size_t count, float* x, void* workspace);

void ppo_loss(Executor&, const TrajectoryView&, const float* advantage, const float* target, const LossCoefficients&,
              const LearnClock* clock, float* grad_logits, float* grad_values, UpdateReport* report, void* workspace);

void add_scaled(Executor&, std::size_t count, float scale, const float* x, float* y);
void norm(Executor&, const float* x, std::size_t count, double* norm, void* workspace);
void adam(Executor&, const AdamView& view, LearnClock* clock, UpdateReport* report);

}  // namespace boxwarp::cpu
