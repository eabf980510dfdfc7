// How well an agent plays a set of levels, each once, with and without thinking steps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/engine/level_bank.hpp"
#include "host/learner/cycles.hpp"
#include "host/learner/policy.hpp"

namespace boxwarp {

// What an evaluation takes otherwise than the published environment.
struct EvaluationRules {
  SolvedRule solved_rule = SolvedRule::boxes_matched;
  bool no_op = false;            // a fifth action, as the network must have it
  bool end_on_deadlock = false;  // a dead board ends its episode
};

struct LevelResult {
  bool solved = false;
  int length = 0;   // steps
  int matched = 0;  // boxes that came onto targets, less those that left one
  double episode_return = 0;
  std::vector<Cycle> cycles;
  std::vector<std::uint8_t> actions;  // (length)
};

struct EvaluationResult {
  int thinking;  // forward passes on the first observation before acting
  std::int64_t levels;
  double solved;          // share
  double standard_error;  // sqrt(p (1 - p) / n)
  double mean_return, mean_length;
  std::vector<LevelResult> of_levels;  // (levels), in order
};

// Greedy play of the first `limit` levels (0: all) in order, cap steps each; progress (may be empty) is told how many are
// done. precision: of a device's network, as Policy's. Throws BadInput where levels or actions do not fit the network.
EvaluationResult evaluate(const Weights& weights, std::shared_ptr<const LevelBank> levels, const Device& device,
                          int thinking, int cap, std::int64_t limit,
                          const std::function<void(std::int64_t done)>& progress = {}, Precision precision = Precision::bf16,
                          const EvaluationRules& rules = {});

struct RecordedEpisode {
  int height = 0, width = 0;
  std::vector<std::vector<std::uint8_t>>
      boards;                  // (steps + 1) of (H, W) cell codes: the first board, then one after each step
  std::vector<int> actions;    // (steps)
  std::vector<float> rewards;  // (steps)
  bool solved = false;
  std::int64_t level = 0;
  std::string title;
};

RecordedEpisode record_episode(const Weights& weights, std::shared_ptr<const LevelBank> levels, const Device& device,
                               std::int64_t level, int thinking, int cap, Precision precision = Precision::bf16,
                               const EvaluationRules& rules = {});

}  // namespace boxwarp
