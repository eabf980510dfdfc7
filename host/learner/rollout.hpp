// T steps of N environments played by the acting weights, and where they are kept.
#pragma once

#include <cstdint>

#include "host/engine/memory_plan.hpp"
#include "host/engine/vector_env.hpp"
#include "host/engine/work_memory.hpp"
#include "host/learner/config.hpp"
#include "kernels/learn/learn.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

// Arrays over T steps of N environments where operations work: (T, N, ...) or (T + 1, N, ...), time slowest.
struct Rollout {
  int steps, boards, actions;                    // T, N, A
  std::size_t board_cells;                       // H * W
  std::size_t state_size;                        // H * W * C, of one layer and board
  int layers;                                    // D, of the state
  std::uint8_t* cells = nullptr;                 // (T + 1, N, H * W) cell codes
  std::uint8_t* starts = nullptr;                // (T + 1, N) 1: an episode starts here; row T stays for the next rollout
  float *h_start = nullptr, *c_start = nullptr;  // (D, N, H * W * C) before step 0
  float* logits = nullptr;                       // (T + 1, N, A) that acted; the last row as in values
  float* values = nullptr;                       // (T + 1, N); the last row is filled only where a bootstrap was asked for
  std::uint8_t* action = nullptr;                // (T, N)
  float* reward = nullptr;                       // (T, N) scaled
  std::uint8_t* done = nullptr;                  // (T, N)
  std::uint8_t* truncated = nullptr;             // (T, N) 1: the loss masks this step
  float *h = nullptr, *c = nullptr;  // (D, N, H * W * C) that the acting network carries from one rollout to the next

  // Of final observations; null where none are looked at.
  float *final_logits = nullptr, *final_values = nullptr;  // (N, A), (N)
  std::uint8_t* no_starts = nullptr;                       // (N) zeros

  // Sizes only; add() names the arrays.
  Rollout(const TrainConfig& config);
  void add(MemoryPlan& plan, bool final_observations);
  std::size_t cell_bytes() const { return static_cast<std::size_t>(boards) * board_cells; }           // of one step
  std::uint8_t* next_starts() const { return starts + steps * static_cast<std::ptrdiff_t>(boards); }  // row T
  std::size_t state_count() const;                                                                    // of h or c
};

// What plays: all of them outlive the call.
struct Actor {
  const Device& device;
  const WorkMemory& memory;
  VectorEnv& env;  // with observation `cells`
  Network& network;
};

// Plays T steps into the rollout and adds the episodes that ended to the report. bootstrap: also values of the observation
// after the last step.
void roll_out(const Actor& actor, const TrainConfig& config, bool bootstrap, const LearnClock* clock, Rollout& rollout,
              UpdateReport* report);

}  // namespace boxwarp
