#include "host/cpu/loss.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace boxwarp::cpu {

namespace {

constexpr int kBoardsPerPiece = 16;  // a fixed size: the order of sums must not follow the number of threads

void add(LossSums& total, const LossSums& part) {
  total.policy_loss += part.policy_loss;
  total.value_loss += part.value_loss;
  total.entropy += part.entropy;
  total.logit_l2 += part.logit_l2;
  total.target += part.target;
  total.target_square += part.target_square;
  total.error += part.error;
  total.error_square += part.error_square;
  total.finite_gradient = total.finite_gradient && part.finite_gradient;
}

void write(double gradient, float* out, LossSums& sums) {
  *out = static_cast<float>(gradient);
  if (!std::isfinite(*out)) sums.finite_gradient = false;
}

}  // namespace

void add_logit_row(const float* logits, const Softmax& policy, int action, const RowGradient& by, float* grad_logits,
                   LossSums& sums) {
  for (int i = 0; i < policy.actions(); ++i) {
    const double p = policy.probability(i), logit = logits[i];
    const double chosen = i == action ? 1 : 0;
    write(by.log_probability * (chosen - p) - by.entropy * p * (policy.log_probability(i) + policy.entropy()) +
              2 * by.logit_l2 * logit,
          grad_logits + i, sums);
    sums.logit_l2 += logit * logit;
  }
}

void add_bootstrap_row(const float* logits, int actions, double by_logit_l2, float* grad_logits, LossSums& sums) {
  for (int i = 0; i < actions; ++i) {
    const double logit = logits[i];
    write(2 * by_logit_l2 * logit, grad_logits + i, sums);
    sums.logit_l2 += logit * logit;
  }
}

void add_value(double value, double target, double mask, double mask_weight, float* grad_value, LossSums& sums) {
  const double error = target - value;
  write(-2 * mask_weight * error, grad_value, sums);
  sums.value_loss += error * error * mask;
  sums.target += target;
  sums.target_square += target * target;
  sums.error += error;
  sums.error_square += error * error;
}

void check_trajectory(const char* operation, const TrajectoryView& trajectory) {
  if (trajectory.steps < 1 || trajectory.boards < 1 || trajectory.actions < 1)
    throw std::invalid_argument(std::string(operation) + ": steps, boards and actions must be at least 1");
  const std::int64_t samples = std::int64_t{trajectory.steps} * trajectory.boards;
  const auto bad = std::find_if(trajectory.action, trajectory.action + samples,
                                [&](std::uint8_t action) { return action >= trajectory.actions; });
  if (bad != trajectory.action + samples)
    throw std::invalid_argument(std::string(operation) + ": action " + std::to_string(*bad) + " of board " +
                                std::to_string((bad - trajectory.action) % trajectory.boards) + " is not below " +
                                std::to_string(trajectory.actions));
}

void over_boards(Executor& executor, const TrajectoryView& trajectory, UpdateReport* report,
                 const std::function<void(int, Softmax&, Softmax&, LossSums&)>& board) {
  const int pieces = (trajectory.boards + kBoardsPerPiece - 1) / kBoardsPerPiece;
  std::vector<LossSums> parts(static_cast<std::size_t>(pieces));
  static_cast<ThreadPool&>(executor).run(pieces, [&](std::int64_t piece, int) {
    Softmax policy(trajectory.actions), behaviour(trajectory.actions);
    const int begin = static_cast<int>(piece) * kBoardsPerPiece;
    const int end = std::min(begin + kBoardsPerPiece, trajectory.boards);
    for (int b = begin; b < end; ++b) board(b, policy, behaviour, parts[static_cast<std::size_t>(piece)]);
  });
  LossSums sums;
  for (const LossSums& part : parts) add(sums, part);

  const std::int64_t samples = std::int64_t{trajectory.steps} * trajectory.boards;
  const double n = static_cast<double>(samples);
  report->policy_loss += sums.policy_loss / n;
  report->value_loss += sums.value_loss / n;
  report->entropy += sums.entropy / n;
  report->logit_l2 += sums.logit_l2;
  report->target_sum += sums.target;
  report->target_square_sum += sums.target_square;
  report->error_sum += sums.error;
  report->error_square_sum += sums.error_square;
  report->samples += samples;
  bool finite = sums.finite_gradient;
  for (const double sum :
       {sums.policy_loss, sums.value_loss, sums.entropy, sums.logit_l2, sums.target_square, sums.error_square})
    finite = finite && std::isfinite(sum);
  report->not_finite += !finite;
}

}  // namespace boxwarp::cpu
