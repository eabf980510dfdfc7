// A random rollout as the operations see it and as the oracle does, with guards around what the operations write.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/learn/learn.hpp"
#include "tests/oracle/learning.hpp"
#include "tests/oracle/numbers.hpp"

namespace boxwarp {

// An array with a guard on either side that tells whether anybody wrote past its ends.
class Guarded {
 public:
  explicit Guarded(std::size_t size) : data_(size + 2 * kGuard, kMark) {}
  float* data() { return data_.data() + kGuard; }
  float operator[](std::size_t i) const { return data_[kGuard + i]; }
  std::size_t size() const { return data_.size() - 2 * kGuard; }
  std::vector<float> copy() const { return {data_.begin() + kGuard, data_.end() - kGuard}; }
  bool intact() const {
    for (std::size_t i = 0; i < kGuard; ++i)
      if (data_[i] != kMark || data_[data_.size() - 1 - i] != kMark) return false;
    return true;
  }

 private:
  static constexpr std::size_t kGuard = 64;
  static constexpr float kMark = -12345.0f;
  std::vector<float> data_;
};

struct LearnCase {
  LearnCase(int steps, int boards, int actions, std::uint64_t seed) {
    oracle::Numbers numbers(seed);
    const auto fill = [&](std::vector<float>& to, int rows, int width, double scale) {
      to.resize(static_cast<std::size_t>(rows * boards * width));
      for (float& x : to) x = static_cast<float>(scale * numbers.normal());
    };
    fill(logits, steps + 1, actions, 1.5);
    fill(values, steps + 1, 1, 2);
    fill(reward, steps, 1, 1);
    for (std::size_t i = 0; i < reward.size() * static_cast<std::size_t>(actions); ++i)
      behaviour_logits.push_back(logits[i] + static_cast<float>(0.3 * numbers.normal()));
    for (std::size_t i = 0; i < reward.size(); ++i) {
      action.push_back(static_cast<std::uint8_t>(numbers.below(actions)));
      truncated.push_back(numbers.one_in(9));
      done.push_back(truncated.back() || numbers.one_in(9));
    }
    view = {.steps = steps,
            .boards = boards,
            .actions = actions,
            .logits = logits.data(),
            .values = values.data(),
            .behaviour_logits = behaviour_logits.data(),
            .action = action.data(),
            .reward = reward.data(),
            .done = done.data(),
            .truncated = truncated.data()};
  }
  LearnCase(const LearnCase&) = delete;
  LearnCase& operator=(const LearnCase&) = delete;

  oracle::Trajectory twin() const {
    return {static_cast<std::size_t>(view.steps),
            static_cast<std::size_t>(view.boards),
            static_cast<std::size_t>(view.actions),
            {logits.begin(), logits.end()},
            {values.begin(), values.end()},
            {behaviour_logits.begin(), behaviour_logits.end()},
            {reward.begin(), reward.end()},
            {action.begin(), action.end()},
            {done.begin(), done.end()},
            {truncated.begin(), truncated.end()}};
  }

  std::vector<float> logits, values, behaviour_logits, reward;
  std::vector<std::uint8_t> action, done, truncated;
  TrajectoryView view;
};

inline oracle::Coefficients twin(const LossCoefficients& c, double entropy) {
  return {c.gamma, c.lambda, entropy, c.value, c.logit_l2, c.clip, c.on_policy};
}

// A clock that stands at this coefficient of the entropy.
constexpr LearnClock clock_with(double entropy) {
  return {.step_call = 0, .update = 0, .gradient_step = 0, .learning_rate = 0, .entropy = entropy};
}

inline std::string size_of(const LearnCase& x) {
  return std::to_string(x.view.steps) + " steps of " + std::to_string(x.view.boards) + " boards with " +
         std::to_string(x.view.actions) + " actions";
}

}  // namespace boxwarp
