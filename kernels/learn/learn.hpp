// The learner's operations, declared once for every backend.
//
// Letters: T steps, N environments of a rollout, B boards of a minibatch, A actions, P parameters. Arrays are dense float32
// unless said otherwise, slowest index first, and lie where the operations work. Operations start in order and wait for
// nobody; what changes from update to update lies in LearnClock, so that an update can be recorded once and launched again.
// Every sum has a fixed order, so that results do not depend on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/executor.hpp"
#include "kernels/learn/schedule.hpp"

namespace boxwarp {

// Counters and rates of a run. One of it, where operations work.
struct LearnClock {
  std::uint64_t step_call;     // step calls of the environments since seeding, before this update
  std::int64_t update;         // updates that are done
  std::int64_t gradient_step;  // gradient steps that are done
  double learning_rate;        // of this update
  double entropy;              // of this update: coefficient of the loss
};

struct UpdateSchedules {
  Rate learning_rate, entropy;
};

// What an update leaves behind. One of it, where operations work. Sums over gradient steps, each of which counts as one.
struct UpdateReport {
  double learning_rate, entropy_coefficient;
  double policy_loss, value_loss, entropy, logit_l2;  // of the means over T * B, before their coefficients; a step that was
                                                      // truncated counts with zero; logit_l2 is no mean
  double gradient_norm;                               // before clipping
  double target_sum, target_square_sum;               // of the value targets, unmasked, for explained variance
  double error_sum, error_square_sum;                 // of target - value, unmasked
  std::int64_t samples;                               // T * B
  std::int64_t gradient_steps;
  std::int64_t episodes, solved, episode_steps, episode_matched;  // of the episodes that ended in the rollout
  std::int64_t not_finite;  // gradient steps whose loss or gradient was not finite; those change no parameter
};

// A rollout of T steps seen with the current weights: what the losses read.
struct TrajectoryView {
  int steps;                      // T
  int boards;                     // B
  int actions;                    // A
  const float* logits;            // (T + 1, B, A) of the current weights; the last row is the bootstrap step
  const float* values;            // (T + 1, B) of the current weights
  const float* behaviour_logits;  // (T, B, A) of the weights that acted
  const std::uint8_t* action;     // (T, B)
  const float* reward;            // (T, B)
  const std::uint8_t* done;       // (T, B) terminated or truncated
  const std::uint8_t* truncated;  // (T, B) 1: a step that the loss masks
};

// The coefficient of the entropy stands in LearnClock; both are cast to float before use.
struct LossCoefficients {
  float gamma, lambda;
  float value;
  float logit_l2;  // times the sum of squares of all logits that the loss is given, unmasked; V-trace: (T + 1) rows
  float clip;      // PPO: the ratio stays within [1 - clip, 1 + clip]
  bool on_policy;  // V-trace: take every ratio for 1, which makes it A2C with lambda-returns
};

// What a step of the environments told, and the rows of a rollout that keep it; all (N).
struct RecordView {
  int boards;                           // N
  const float* reward;                  // in
  const std::uint8_t* terminated;       // in
  const std::uint8_t* truncated;        // in
  const std::int32_t* episode_length;   // in, read where done
  const std::int32_t* episode_matched;  // in, read where done
  const float* final_value;             // in: value of the final observation, read where truncated; null: steps that were
                                        // truncated are masked
  double reward_scale;                  // of the reward, not of final_value
  double gamma;
  float* reward_row;            // out: float(reward_scale * reward), where truncated plus gamma * final_value
  std::uint8_t* done_row;       // out
  std::uint8_t* truncated_row;  // out: 1 where the loss masks the step: truncated and no final_value
  std::uint8_t* starts;         // out: 1 where the next step begins an episode; may alias nothing
};

// Columns of an array: row r of `from` (rows, all, bytes) gives items columns[0..count) to row r of `to` (rows, count,
// bytes).
struct GatherView {
  std::int64_t rows, all, count;
  std::size_t bytes;            // of an item; if it is a multiple of 16, from and to are aligned to that
  const std::int32_t* columns;  // (count)
  const void* from;
  void* to;
};

// Adam (Kingma, Ba 2015), bias-corrected, eps outside of the root, on gradient * scale, where scale brings the norm down to
// max_norm if it is larger.
struct AdamView {
  std::size_t count;      // P
  float* parameters;      // (P) in and out
  float* m;               // (P) in and out
  float* v;               // (P) in and out
  const float* gradient;  // (P)
  const double* norm;     // (1) of the gradient
  double max_norm;
  float beta1, beta2, epsilon;
};

struct LearnOps {
  // Bytes of the workspace that vtrace_loss, ppo_loss, normalise and norm take: for up to so many boards and steps of a
  // minibatch and so many elements of a norm. 0: none is needed.
  std::size_t (*workspace_bytes)(int boards, int steps, std::size_t elements);

  // Sets the clock's rates for its update, and clears the report but for those rates.
  void (*begin_update)(Executor&, const UpdateSchedules&, LearnClock* clock, UpdateReport* report);
  // Keeps the report of this update at reports[clock->update % kept], (kept) out, so that the host may read several at once;
  // then counts an update of so many steps.
  void (*end_update)(Executor&, int steps, const UpdateReport* report, UpdateReport* reports, int kept, LearnClock* clock);

  // Draws an action from softmax(logits (N, A)) for each board by inverting its distribution function, with the number that
  // unit_interval makes of the first word of stream `action` of (seed[e], environment[e], clock->step_call + t). An action
  // of probability zero is never drawn. action: (N) out.
  void (*sample)(Executor&, int boards, int actions, const float* logits, const std::uint64_t* seed,
                 const std::uint32_t* environment, const LearnClock* clock, int t, std::uint8_t* action);

  // Keeps what a step told; adds the episodes that ended to the report.
  void (*record)(Executor&, const RecordView&, UpdateReport* report);

  // A permutation of 0..count-1, (count) out: Fisher and Yates with stream `shuffling` of (seed, epoch * count + place,
  // clock->update), places count - 1 down to 1, each exchanged with below(words, place + 1).
  void (*shuffle)(Executor&, std::uint64_t seed, int epoch, int count, const LearnClock* clock, std::int32_t* order);
  void (*gather)(Executor&, const GatherView&);

  // The published V-trace loss with gradients: grad_logits (T + 1, B, A), grad_values (T + 1, B), overwritten. Adds to the
  // report: losses, targets, errors, samples; counts not_finite where the loss or a gradient is not finite.
  void (*vtrace_loss)(Executor&, const TrajectoryView&, const LossCoefficients&, const LearnClock* clock, float* grad_logits,
                      float* grad_values, UpdateReport* report, void* workspace);

  // Generalised advantage estimation (Schulman et al. 2016) with the values of the rollout: values (T + 1, N).
  // advantage, target: (T, N) out; where truncated the temporal difference is zero.
  void (*gae)(Executor&, int steps, int boards, const float* values, const float* reward, const std::uint8_t* done,
              const std::uint8_t* truncated, float gamma, float lambda, float* advantage, float* target);

  // Shifts and scales x (count) to mean 0 and standard deviation 1 (ddof 1; a constant becomes 0).
  void (*normalise)(Executor&, std::size_t count, float* x, void* workspace);

  // The clipped loss of PPO (Schulman et al. 2017) with gradients: grad_logits (T, B, A), grad_values (T, B), overwritten.
  // Reads T rows of logits and values (no bootstrap row). advantage, target: (T, B). Report as vtrace_loss.
  void (*ppo_loss)(Executor&, const TrajectoryView&, const float* advantage, const float* target, const LossCoefficients&,
                   const LearnClock* clock, float* grad_logits, float* grad_values, UpdateReport* report, void* workspace);

  // y += scale * x, each product rounded to float first; both (count).
  void (*add_scaled)(Executor&, std::size_t count, float scale, const float* x, float* y);

  // L2 norm of x (count), summed in double in a fixed order, to *norm, where operations work.
  void (*norm)(Executor&, const float* x, std::size_t count, double* norm, void* workspace);

  // One gradient step with the clock's learning rate: adds the norm to the report and counts the step in both. Where the
  // report has counted something not finite, or the norm is not finite (which it then counts), nothing else is changed.
  void (*adam)(Executor&, const AdamView&, LearnClock* clock, UpdateReport* report);
};

}  // namespace boxwarp
