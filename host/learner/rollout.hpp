// T steps of N environments played by the current weights, and the memory they are kept in.
#pragma once

#include <cstdint>
#include <vector>

#include "host/engine/device.hpp"
#include "host/engine/vector_env.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

// What happened to the episodes that ended, in whole numbers, so that no order of threads can show.
struct EpisodeCounts {
  std::int64_t episodes = 0, solved = 0, steps = 0, matched = 0;

  double solved_share() const { return episodes == 0 ? 0.0 : static_cast<double>(solved) / static_cast<double>(episodes); }
  double mean_length() const { return episodes == 0 ? 0.0 : static_cast<double>(steps) / static_cast<double>(episodes); }
  double mean_return(const Rewards& rewards) const;
};

// Arrays over T steps of N environments: (T, N, ...) or (T + 1, N, ...), time slowest.
struct Rollout {
  int steps, boards, actions;           // T, N, A
  std::size_t board_cells;              // H * W
  std::size_t state_size;               // H * W * C, of one layer and board
  int layers;                           // D, of the state
  std::vector<std::uint8_t> cells;      // (T + 1, N, H * W) cell codes
  std::vector<std::uint8_t> starts;     // (T + 1, N) 1: an episode starts here
  std::vector<float> h_start, c_start;  // (D, N, H * W * C) before step 0
  std::vector<float> logits;            // (T + 1, N, A) that acted; the last row as in values
  std::vector<float> values;            // (T + 1, N); the last row is filled only where a bootstrap was asked for
  std::vector<std::int32_t> action;     // (T, N)
  std::vector<float> reward;            // (T, N) scaled
  std::vector<std::uint8_t> done;       // (T, N)
  std::vector<std::uint8_t> truncated;  // (T, N)

  Rollout(const NetShape& shape, int steps, int boards);
  std::size_t memory_bytes() const;
};

// The environments and the state that the acting network carries from one rollout to the next.
struct Actor {
  VectorEnv env;                      // with observation `cells`
  std::vector<float> h, c;            // (D, N, H * W * C)
  std::vector<std::uint8_t> starts;   // (N) 1: the next step is the first of an episode
  std::vector<std::uint8_t> actions;  // (N)

  Actor(const VectorEnvConfig& config, std::shared_ptr<const LevelBank> levels, const Device& device, const NetShape& shape);
};

// Plays T steps into rollout. bootstrap: also values of the observation after the last step.
EpisodeCounts roll_out(const Device& device, Network& network, Actor& actor, double reward_scale, bool bootstrap,
                       Rollout& rollout);

}  // namespace boxwarp
