// What the learner's kernels for losses and returns are held to, wherever they run: to the oracle in double, and to the
// processor's operations.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <utility>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "tests/kernels/learn_arrays.hpp"
#include "tests/oracle/close.hpp"

namespace boxwarp::test {

// What a loss leaves behind.
struct LossOutcome {
  UpdateReport report;
  std::vector<float> grad_logits, grad_values;
};

template <class Memory>
class LearnChecks {
  template <class T>
  using Buffer = typename Memory::template Buffer<T>;

 public:
  // exact: this backend computes as the processor does to the last bit; else doubles may differ in their last digits.
  LearnChecks(const LearnOps& ops, Executor& executor, bool exact) : ops_(ops), executor_(executor), exact_(exact) {}

  void vtrace_losses() {
    std::uint64_t seed = 1;
    for (const bool on_policy : {false, true})
      for (const int boards : {1, 7, 31, 33, 129}) {
        Trajectories<Memory> x(boards == 7 ? 20 : 3, boards, 4 + boards % 2, seed++);
        SCOPED_TRACE(testing::Message() << boards << " boards, on policy " << on_policy);
        LossCoefficients coefficients = kCoefficients;
        coefficients.on_policy = on_policy;
        oracle::Trajectory slow = x.slow();
        if (on_policy) slow.behaviour_logits.assign(slow.logits.begin(), slow.logits.end() - boards * x.actions);
        const oracle::Estimates fixed = oracle::vtrace(slow, twin(coefficients));
        const LossOutcome far = far_vtrace(x, coefficients);
        expect_report(far.report, slow, fixed, oracle::vtrace_terms(slow, fixed));
        expect_equal(far, near_vtrace(x, coefficients));
      }
  }

  void vtrace_gradients() {
    for (const int steps : {1, 5}) {
      Trajectories<Memory> x(steps, 3, 4, 100 + static_cast<std::uint64_t>(steps));
      const LossOutcome far = far_vtrace(x, kCoefficients);
      oracle::Trajectory slow = x.slow();
      const oracle::Coefficients c = twin(kCoefficients);
      const oracle::Estimates fixed = oracle::vtrace(slow, c);
      expect_slopes(far, slow, [&] { return oracle::vtrace_terms(slow, fixed).total(c); });
    }
  }

  void ppo_losses() {
    std::uint64_t seed = 50;
    for (const int boards : {1, 7, 31, 33, 129}) {
      Trajectories<Memory> x(boards == 7 ? 20 : 3, boards, 4 + boards % 2, seed++);
      SCOPED_TRACE(testing::Message() << boards << " boards");
      const oracle::Trajectory slow = x.slow();
      const oracle::Estimates fixed = rounded(oracle::gae(slow, twin(kCoefficients)));
      const LossOutcome far = far_ppo(x, fixed, kCoefficients);
      // Rows that the loss is given: T, not T + 1.
      expect_report(far.report, slow, fixed, oracle::ppo_terms(slow, fixed, twin(kCoefficients)));
      expect_equal(far, near_ppo(x, fixed, kCoefficients));
      for (std::size_t i = x.samples(); i < far.grad_values.size(); ++i) EXPECT_EQ(far.grad_values[i], kMark);
    }
  }

  void ppo_gradients() {
    Trajectories<Memory> x(4, 3, 4, 7);
    oracle::Trajectory slow = x.slow();
    const oracle::Coefficients c = twin(kCoefficients);
    const oracle::Estimates fixed = rounded(oracle::gae(slow, c));
    LossOutcome far = far_ppo(x, fixed, kCoefficients);
    far.grad_values.resize(x.samples());
    far.grad_logits.resize(x.samples() * 4);
    expect_slopes(far, slow, [&] { return oracle::ppo_terms(slow, fixed, c).total(c); });
  }

  void advantages() {
    for (const int boards : {1, 7, 31, 33, 129}) {
      Trajectories<Memory> x(boards == 7 ? 20 : 3, boards, 4, static_cast<std::uint64_t>(boards));
      const TrajectoryView view = x.far();
      Buffer<float> advantage(x.samples(), "advantage"), target(x.samples(), "target");
      ops_.gae(executor_, x.steps, boards, view.values, view.reward, view.done, view.truncated, kCoefficients.gamma,
               kCoefficients.lambda, advantage.data(), target.data());
      const oracle::Estimates slow = oracle::gae(x.slow(), twin(kCoefficients));
      const std::vector<float> far[] = {advantage.values(), target.values()};
      std::vector<float> near[2] = {std::vector<float>(x.samples()), std::vector<float>(x.samples())};
      const TrajectoryView plain = x.plain();
      near_.gae(pool_, x.steps, boards, plain.values, plain.reward, plain.done, plain.truncated, kCoefficients.gamma,
                kCoefficients.lambda, near[0].data(), near[1].data());
      for (std::size_t i = 0; i < x.samples(); ++i) {
        EXPECT_TRUE(oracle::close(far[0][i], slow.advantage[i], kAtol, kRtol)) << i << " of " << boards;
        EXPECT_TRUE(oracle::close(far[1][i], slow.target[i], kAtol, kRtol)) << i << " of " << boards;
      }
      expect_floats(far[0], near[0], "advantage");
      expect_floats(far[1], near[1], "target");
    }
  }

  // A loss counts once, and twice for two gradient steps; the report's sums go on.
  void losses_add_up() {
    Trajectories<Memory> x(3, 33, 4, 5);
    const LossOutcome once = far_vtrace(x, kCoefficients), twice = far_vtrace(x, kCoefficients, 2);
    EXPECT_EQ(twice.report.samples, 2 * once.report.samples);
    EXPECT_EQ(twice.report.value_loss, 2 * once.report.value_loss);
    EXPECT_EQ(twice.report.error_square_sum, 2 * once.report.error_square_sum);
    EXPECT_EQ(once.grad_logits, twice.grad_logits) << "the same bits again";
  }

  // Anything that is not finite anywhere, a gradient that overflows, an action that is none.
  void losses_not_finite() {
    for (const float number : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      Trajectories<Memory> x(3, 20, 4, 3);
      for (std::uint8_t& flag : x.truncated.plain) flag = 0;
      for (std::uint8_t& flag : x.done.plain) flag = 0;
      x.action.plain[57] = 2;
      const oracle::Estimates fixed = rounded(oracle::gae(x.slow(), twin(kCoefficients)));
      for (std::vector<float>* array : {&x.logits.plain, &x.values.plain, &x.reward.plain, &x.behaviour_logits.plain}) {
        const bool wide = array == &x.logits.plain || array == &x.behaviour_logits.plain;
        const float before = std::exchange((*array)[wide ? 57 * 4 + 1 : 57], number);
        EXPECT_EQ(far_vtrace(x, kCoefficients).report.not_finite, 1);
        if (array != &x.reward.plain) {
          EXPECT_EQ(far_ppo(x, fixed, kCoefficients).report.not_finite, 1);
        }
        (*array)[wide ? 57 * 4 + 1 : 57] = before;
        EXPECT_EQ(far_vtrace(x, kCoefficients).report.not_finite, 0);
      }
    }
    Trajectories<Memory> x(3, 40, 4, 3);
    LossCoefficients coefficients = kCoefficients;
    coefficients.logit_l2 = 1e38f;
    for (float& logit : x.logits.plain) logit *= 0.01f;
    EXPECT_EQ(far_vtrace(x, coefficients).report.not_finite, 0);
    x.logits.plain[5] = 9;
    EXPECT_EQ(far_vtrace(x, coefficients).report.not_finite, 1);
  }

  LossOutcome far_vtrace(Trajectories<Memory>& x, const LossCoefficients& coefficients, int times = 1) {
    return far_loss(
        x, times,
        [&](const TrajectoryView& view, const LearnClock* clock, float* logits, float* values, UpdateReport* report,
            void* workspace) { ops_.vtrace_loss(executor_, view, coefficients, clock, logits, values, report, workspace); });
  }

  // The large L2 coefficient makes that term count beside the others in comparisons.
  static constexpr LossCoefficients kCoefficients{
      .gamma = 0.97f, .lambda = 0.5f, .value = 0.25f, .logit_l2 = 1e-3f, .clip = 0.2f, .on_policy = false};
  static constexpr double kEntropy = 0.0123;

 private:
  // Results are rounded once from double to float (half a unit in 2^24); cancellation happens before that, in double.
  static constexpr double kRtol = 1e-7, kAtol = 1e-12;
  // Central differences of step 1e-5: truncation 1e-10 x third derivative, rounding 1e-16 x loss / 1e-5.
  static constexpr double kSlopeAtol = 1e-8, kSlopeRtol = 2e-7;
  static constexpr float kMark = -12345;

  static oracle::Coefficients twin(const LossCoefficients& c) {
    return {c.gamma, c.lambda, static_cast<double>(static_cast<float>(kEntropy)), c.value, c.logit_l2, c.clip};
  }

  static LearnClock clock_now() {
    return {.step_call = 0, .update = 0, .gradient_step = 0, .learning_rate = 0, .entropy = kEntropy};
  }

  // PPO's estimates come as floats.
  static oracle::Estimates rounded(oracle::Estimates estimates) {
    for (std::vector<double>* numbers : {&estimates.target, &estimates.advantage})
      for (double& number : *numbers) number = static_cast<double>(static_cast<float>(number));
    return estimates;
  }

  template <class Loss>
  LossOutcome far_loss(Trajectories<Memory>& x, int times, Loss&& loss) {
    Buffer<float> grad_logits(x.logits.plain.size(), "grad_logits"), grad_values(x.values.plain.size(), "grad_values");
    grad_logits.fill(kMark);
    grad_values.fill(kMark);
    Buffer<LearnClock> clock(1, "clock");
    clock.fill(clock_now());
    Buffer<UpdateReport> report(1, "report");
    report.fill({});
    Buffer<double> workspace(ops_.workspace_bytes(x.boards, x.steps, 0) / sizeof(double) + 1, "workspace");
    const TrajectoryView view = x.far();
    for (int i = 0; i < times; ++i)
      loss(view, clock.data(), grad_logits.data(), grad_values.data(), report.data(), workspace.data());
    return {report.values()[0], grad_logits.values(), grad_values.values()};
  }

  LossOutcome far_ppo(Trajectories<Memory>& x, const oracle::Estimates& fixed, const LossCoefficients& coefficients) {
    Input<Memory, float> advantage{"advantage"}, target{"target"};
    advantage.plain.assign(fixed.advantage.begin(), fixed.advantage.end());
    target.plain.assign(fixed.target.begin(), fixed.target.end());
    return far_loss(x, 1,
                    [&](const TrajectoryView& view, const LearnClock* clock, float* logits, float* values,
                        UpdateReport* report, void* workspace) {
                      ops_.ppo_loss(executor_, view, advantage.far(), target.far(), coefficients, clock, logits, values,
                                    report, workspace);
                    });
  }

  template <class Loss>
  LossOutcome near_loss(const Trajectories<Memory>& x, Loss&& loss) {
    LossOutcome near{{}, std::vector<float>(x.logits.plain.size(), kMark), std::vector<float>(x.values.plain.size(), kMark)};
    const LearnClock clock = clock_now();
    std::vector<std::byte> workspace(near_.workspace_bytes(x.boards, x.steps, 0));
    loss(clock, near, workspace.data());
    return near;
  }
  LossOutcome near_vtrace(const Trajectories<Memory>& x, const LossCoefficients& coefficients) {
    return near_loss(x, [&](const LearnClock& clock, LossOutcome& near, void* workspace) {
      near_.vtrace_loss(pool_, x.plain(), coefficients, &clock, near.grad_logits.data(), near.grad_values.data(),
                        &near.report, workspace);
    });
  }
  LossOutcome near_ppo(const Trajectories<Memory>& x, const oracle::Estimates& fixed, const LossCoefficients& coefficients) {
    const std::vector<float> advantage(fixed.advantage.begin(), fixed.advantage.end());
    const std::vector<float> target(fixed.target.begin(), fixed.target.end());
    return near_loss(x, [&](const LearnClock& clock, LossOutcome& near, void* workspace) {
      near_.ppo_loss(pool_, x.plain(), advantage.data(), target.data(), coefficients, &clock, near.grad_logits.data(),
                     near.grad_values.data(), &near.report, workspace);
    });
  }

  void expect_report(const UpdateReport& report, const oracle::Trajectory& slow, const oracle::Estimates& fixed,
                     const oracle::Terms& terms) {
    EXPECT_TRUE(oracle::close(report.policy_loss, terms.policy, kAtol, 1e-10));
    EXPECT_TRUE(oracle::close(report.value_loss, terms.value, kAtol, 1e-10));
    EXPECT_TRUE(oracle::close(report.entropy, terms.entropy, kAtol, 1e-10));
    EXPECT_TRUE(oracle::close(report.logit_l2, terms.logit_l2, kAtol, 1e-10));
    double target = 0, target_square = 0, error = 0, error_square = 0;
    for (std::size_t i = 0; i < fixed.target.size(); ++i) {
      target += fixed.target[i];
      target_square += fixed.target[i] * fixed.target[i];
      error += fixed.target[i] - slow.values[i];
      error_square += (fixed.target[i] - slow.values[i]) * (fixed.target[i] - slow.values[i]);
    }
    EXPECT_TRUE(oracle::close(report.target_sum, target, 1e-10, 1e-10));
    EXPECT_TRUE(oracle::close(report.target_square_sum, target_square, 1e-10, 1e-10));
    EXPECT_TRUE(oracle::close(report.error_sum, error, 1e-10, 1e-10));
    EXPECT_TRUE(oracle::close(report.error_square_sum, error_square, 1e-10, 1e-10));
    EXPECT_EQ(report.samples, static_cast<std::int64_t>(slow.steps * slow.boards));
    EXPECT_EQ(report.not_finite, 0);
    EXPECT_EQ(report.gradient_steps, 0) << "adam counts those";
  }

  template <class Loss>
  void expect_slopes(const LossOutcome& far, oracle::Trajectory& slow, Loss&& loss) {
    for (std::size_t i = 0; i < far.grad_logits.size(); ++i)
      EXPECT_TRUE(oracle::close(far.grad_logits[i], oracle::slope(slow.logits[i], loss), kSlopeAtol, kSlopeRtol)) << i;
    for (std::size_t i = 0; i < far.grad_values.size(); ++i)
      EXPECT_TRUE(oracle::close(far.grad_values[i], oracle::slope(slow.values[i], loss), kSlopeAtol, kSlopeRtol)) << i;
  }

  void expect_floats(const std::vector<float>& far, const std::vector<float>& near, const char* name) {
    if (exact_) {
      EXPECT_EQ(far, near) << name;
      return;
    }
    ASSERT_EQ(far.size(), near.size());
    for (std::size_t i = 0; i < far.size(); ++i)
      EXPECT_TRUE(oracle::close(far[i], near[i], kAtol, 2 * kRtol)) << name << ' ' << i;
  }

  // Gradients to the bit; sums are added in another order.
  void expect_equal(const LossOutcome& far, const LossOutcome& near) {
    expect_floats(far.grad_logits, near.grad_logits, "grad_logits");
    expect_floats(far.grad_values, near.grad_values, "grad_values");
    EXPECT_TRUE(oracle::close(far.report.policy_loss, near.report.policy_loss, kAtol, 1e-10));
    EXPECT_TRUE(oracle::close(far.report.logit_l2, near.report.logit_l2, kAtol, 1e-10));
    EXPECT_EQ(far.report.samples, near.report.samples);
    EXPECT_EQ(far.report.not_finite, near.report.not_finite);
  }

  const LearnOps& ops_;
  Executor& executor_;
  bool exact_;
  const LearnOps& near_ = cpu_learn_ops();
  ThreadPool pool_{1};
};

}  // namespace boxwarp::test
