// What the V-trace and the PPO loss share: sums over samples, and the gradient of one row of logits.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "host/cpu/softmax.hpp"
#include "host/cpu/thread_pool.hpp"
#include "kernels/learn/learn.hpp"

namespace boxwarp::cpu {

// Sums over samples; what is a mean in UpdateReport is not divided yet.
struct LossSums {
  double policy_loss = 0, value_loss = 0, entropy = 0, logit_l2 = 0;
  double target = 0, target_square = 0, error = 0, error_square = 0;
  bool finite_gradient = true;
};

// Derivatives of the loss by what one row of logits decides.
struct RowGradient {
  double log_probability;  // of the action taken
  double entropy;
  double logit_l2;  // of the sum of squares
};

// grad_logits (A) out: the chain rule through log-softmax and entropy,
//   d log p(a) / d logit_i = [i = a] - p_i,  d entropy / d logit_i = -p_i (log p_i + entropy).
// Adds the row's squares to sums.
void add_logit_row(const float* logits, const Softmax& policy, int action, const RowGradient& by, float* grad_logits,
                   LossSums& sums);

// The same for a row that only the sum of squares reaches.
void add_bootstrap_row(const float* logits, int actions, double by_logit_l2, float* grad_logits, LossSums& sums);

// Adds one value target to sums; *grad_value = d loss / d value, with mask_weight = coefficient * mask / samples.
void add_value(double value, double target, double mask, double mask_weight, float* grad_value, LossSums& sums);

// Throws std::invalid_argument where a trajectory is empty or holds an action that is none of its A.
void check_trajectory(const char* operation, const TrajectoryView& trajectory);

// Runs board(b, policy, behaviour, sums) for every board, pieces of a fixed number of boards at a time, and adds what they
// come to to the report.
void over_boards(Executor& executor, const TrajectoryView& trajectory, UpdateReport* report,
                 const std::function<void(int, Softmax&, Softmax&, LossSums&)>& board);

}  // namespace boxwarp::cpu
