// A random rollout for the learner's operations: in plain memory, for the oracle, and in a device's.
//
// A Memory says what the device's is: Memory::Buffer<T>(count, name) with data(), fill(), copy_from() and values().
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/learn/learn.hpp"
#include "tests/oracle/learning.hpp"
#include "tests/oracle/numbers.hpp"

namespace boxwarp::test {

// Values in plain memory; far() copies them to the device and gives the address there.
template <class Memory, class T>
struct Input {
  explicit Input(std::string called) : name(std::move(called)) {}
  const T* far() {
    device = std::make_unique<typename Memory::template Buffer<T>>(plain.size(), name);
    device->copy_from(plain);
    return device->data();
  }

  std::string name;
  std::vector<T> plain;
  std::unique_ptr<typename Memory::template Buffer<T>> device;
};

template <class Memory>
struct Trajectories {
  Trajectories(int steps_, int boards_, int actions_, std::uint64_t seed)
      : steps(steps_), boards(boards_), actions(actions_) {
    oracle::Numbers numbers(seed);
    const auto fill = [&](std::vector<float>& to, int rows, int width, double scale) {
      to.resize(static_cast<std::size_t>(rows * boards * width));
      for (float& x : to) x = static_cast<float>(scale * numbers.normal());
    };
    fill(logits.plain, steps + 1, actions, 1.5);
    fill(values.plain, steps + 1, 1, 2);
    fill(reward.plain, steps, 1, 1);
    for (std::size_t i = 0; i < samples() * static_cast<std::size_t>(actions); ++i)
      behaviour_logits.plain.push_back(logits.plain[i] + static_cast<float>(0.3 * numbers.normal()));
    for (std::size_t i = 0; i < samples(); ++i) {
      action.plain.push_back(static_cast<std::uint8_t>(numbers.below(actions)));
      truncated.plain.push_back(numbers.one_in(9));
      done.plain.push_back(truncated.plain.back() || numbers.one_in(9));
    }
  }
  std::size_t samples() const { return static_cast<std::size_t>(steps) * static_cast<std::size_t>(boards); }

  TrajectoryView plain() const {
    return {steps,
            boards,
            actions,
            logits.plain.data(),
            values.plain.data(),
            behaviour_logits.plain.data(),
            action.plain.data(),
            reward.plain.data(),
            done.plain.data(),
            truncated.plain.data()};
  }
  TrajectoryView far() {
    return {steps,        boards,       actions,    logits.far(),   values.far(), behaviour_logits.far(),
            action.far(), reward.far(), done.far(), truncated.far()};
  }
  oracle::Trajectory slow() const {
    return {static_cast<std::size_t>(steps),
            static_cast<std::size_t>(boards),
            static_cast<std::size_t>(actions),
            {logits.plain.begin(), logits.plain.end()},
            {values.plain.begin(), values.plain.end()},
            {behaviour_logits.plain.begin(), behaviour_logits.plain.end()},
            {reward.plain.begin(), reward.plain.end()},
            {action.plain.begin(), action.plain.end()},
            {done.plain.begin(), done.plain.end()},
            {truncated.plain.begin(), truncated.plain.end()}};
  }

  int steps, boards, actions;
  Input<Memory, float> logits{"logits"}, values{"values"}, behaviour_logits{"behaviour_logits"}, reward{"reward"};
  Input<Memory, std::uint8_t> action{"action"}, done{"done"}, truncated{"truncated"};
};

}  // namespace boxwarp::test
