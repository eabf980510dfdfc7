// The learner's operations as kernels: what the files of this folder give to the table of operations, and the geometry that
// they share. Every pointer is the device's.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>

#include "kernels/collective.cuh"
#include "kernels/dialect.cuh"
#include "kernels/learn/learn.hpp"

namespace boxwarp::DEVICE {

inline constexpr unsigned kLearnThreads = 128;  // of a block

// Blocks for count threads.
inline Geometry learn_geometry(std::size_t count, std::size_t shared_bytes = 0) {
  return {.blocks = static_cast<unsigned>((count + kLearnThreads - 1) / kLearnThreads),
          .threads = kLearnThreads,
          .shared_bytes = shared_bytes};
}

// Which of the grid's threads am I?
__device__ inline std::size_t thread_of_grid() { return std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; }

// Throws std::invalid_argument unless all of these are at least 1.
inline void demand_positive(const char* operation, std::initializer_list<int> sizes) {
  for (const int size : sizes)
    if (size < 1) throw std::invalid_argument(std::string(operation) + ": steps, boards and actions must be at least 1");
}

// Sums of many elements: piece p of 1..kPieces adds elements p * kLearnThreads + thread and every grid's width behind, so
// the order follows from the count alone.
inline constexpr unsigned kPieces = 264;  // two blocks for each multiprocessor of an H100

inline Geometry piece_geometry(std::size_t count, std::size_t shared_bytes) {
  Geometry geometry = learn_geometry(count, shared_bytes);
  if (geometry.blocks > kPieces) geometry.blocks = kPieces;
  return geometry;
}

// The sum of up to kPieces partial sums, by a whole block; the same bits in each thread.
__device__ inline double sum_of_pieces(const double* pieces, unsigned count, BlockSum<double>& scratch) {
  double sum = 0;
  for (unsigned i = threadIdx.x; i < count; i += blockDim.x) sum += pieces[i];
  return block_sum(sum, scratch);
}

void sample(Executor& executor, int boards, int actions, const float* logits, const std::uint64_t* seed,
            const std::uint32_t* environment, const LearnClock* clock, int t, std::uint8_t* action);
void record(Executor& executor, const RecordView& view, UpdateReport* report);
void shuffle(Executor& executor, std::uint64_t seed, int epoch, int count, const LearnClock* clock, std::int32_t* order);
void gather(Executor& executor, const GatherView& view);
void vtrace_loss(Executor& executor, const TrajectoryView& trajectory, const LossCoefficients& coefficients,
                 const LearnClock* clock, float* grad_logits, float* grad_values, UpdateReport* report, void* workspace);
void gae(Executor& executor, int steps, int boards, const float* values, const float* reward, const std::uint8_t* done,
         const std::uint8_t* truncated, float gamma, float lambda, float* advantage, float* target);
void normalise(Executor& executor, std::size_t count, float* x, void* workspace);
void ppo_loss(Executor& executor, const TrajectoryView& trajectory, const float* advantage, const float* target,
              const LossCoefficients& coefficients, const LearnClock* clock, float* grad_logits, float* grad_values,
              UpdateReport* report, void* workspace);
void add_scaled(Executor& executor, std::size_t count, float scale, const float* x, float* y);
void norm(Executor& executor, const float* x, std::size_t count, double* norm, void* workspace);
void adam(Executor& executor, const AdamView& view, LearnClock* clock, UpdateReport* report);

const LearnOps& learn_ops();

}  // namespace boxwarp::DEVICE
