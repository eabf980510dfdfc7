#include "host/engine/signature.hpp"

#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <hwy/targets.h>

#include <set>
#include <span>
#include <vector>

#include "host/engine/vector_env.hpp"
#include "levels/error.hpp"
#include "tests/kernels/env_checks.hpp"

namespace boxwarp {
namespace {

// Changes only with the rules, the rewards, the random numbers or the built-in levels: on purpose, and with a line in the
// changelog.
constexpr std::uint64_t kSignature = 0xa2fb53db4cf78893u;

// Environment steps run on one instruction set for as long as this lives.
class OnlyTarget {
 public:
  explicit OnlyTarget(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  ~OnlyTarget() {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  std::size_t index() const { return hwy::GetChosenTarget().GetIndex(); }
};

TEST(Signature, IsTheSameForEveryNumberOfThreads) {
  for (const int threads : {1, 2, 3, 8})
    for (const Tier tier : {Tier::small, Tier::large})
      EXPECT_EQ(rules_signature(open_device("cpu", threads), kSignatureBoards, tier), kSignature) << threads << " threads";
}

TEST(Signature, IsTheSameForEveryBatch) {
  const Device device = open_device("cpu", 2);
  for (const std::int64_t batch : {1, 7, 64, 1000, 4096, 10000})
    EXPECT_EQ(rules_signature(device, batch), kSignature) << batch << " at a time";
  EXPECT_EQ(rules_signature(device, 7, Tier::large), kSignature);
}

TEST(Signature, IsTheSameForEveryInstructionSet) {
  const Device device = open_device("cpu", 1);
  std::set<std::size_t> ran;
  std::size_t tried = 0;
  for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1, ++tried) {
    const std::int64_t target = rest & -rest;
    const OnlyTarget only(target);
    ran.insert(only.index());
    EXPECT_EQ(rules_signature(device, 1024), kSignature) << hwy::TargetName(target);
    EXPECT_EQ(hwy::GetChosenTarget().GetIndex(), only.index()) << "another one was chosen in between";
  }
  EXPECT_EQ(ran.size(), tried) << "two of them ran the same code";
  EXPECT_GE(tried, 2u) << "only one instruction set was there to try";
}

// What the signature leaves out: pictures, no_op, the other rule, several steps in one call, and boards that fill no vector.
TEST(InstructionSets, LeaveTheSameBytes) {
  for (const bool large : {false, true}) {
    const auto bank = test::some_levels(large);
    std::set<std::vector<std::byte>> saved;
    for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1) {
      const OnlyTarget only(rest & -rest);
      std::vector<std::byte> bytes;
      for (const Observation kind : {Observation::rgb, Observation::planes4, Observation::planes, Observation::cells}) {
        VectorEnv env({.num_envs = 301,
                       .observation = kind,
                       .min_steps = 3,
                       .max_steps = 9,
                       .no_op = true,
                       .solved_rule = SolvedRule::targets_covered,
                       .rewards = {.no_op = 0.25},
                       .seed = 5},
                      bank, open_device("cpu", 1));
        env.reset();
        std::vector<std::uint8_t> actions(301);
        for (int t = 0; t < 12; ++t) {
          env.random_actions(actions);
          env.step(actions);
        }
        std::vector<float> reward(301);
        std::vector<std::int32_t> episodes(301), solved(301);
        env.step_many({}, 13, {.reward = reward.data(), .episodes = episodes.data(), .solved = solved.data()});
        for (const auto& part : {std::as_bytes(std::span(reward)), std::as_bytes(std::span(episodes))})
          bytes.insert(bytes.end(), part.begin(), part.end());
        const std::vector<std::byte> state = env.save();
        bytes.insert(bytes.end(), state.begin(), state.end());
      }
      saved.insert(bytes);
    }
    EXPECT_EQ(saved.size(), 1u);
  }
}

TEST(Signature, RefusesAnEmptyBatch) { EXPECT_THROW(rules_signature(open_device("cpu", 1), 0), BadInput); }

}  // namespace
}  // namespace boxwarp
