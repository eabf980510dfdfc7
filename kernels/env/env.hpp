// The environment's operations, declared once for every backend: views of memory and one table of functions.
//
// Letters: N environments, L levels, R words per plane and board (1 in the small tier, H in the large one), H rows and
// W columns of an observation. Arrays are dense, slowest index first. Memory belongs to the caller and must outlive the
// call; arrays of one call do not overlap.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/executor.hpp"
#include "kernels/sokoban/board.hpp"

namespace boxwarp {

enum class Tier : std::uint8_t { small, large };
enum class Observation : std::uint8_t { none, rgb, planes4, packed, cells };
enum class Layout : std::uint8_t { chw, hwc };
enum class LevelOrder : std::uint8_t { random, sequential };

// Every level of a set, ready to be played. All arrays are read only.
struct LevelBankView {
  Tier tier;
  int height, width;             // of the largest level: H and W of observations are at least these
  std::int64_t count;            // L
  int words;                     // R
  const std::uint64_t* walls;    // (L, R) rows and columns beyond a level's own size are wall
  const std::uint64_t* targets;  // (L, R)
  const std::uint64_t* boxes;    // (L, R)
  const std::uint16_t* player;   // (L) small: bit of the interior; large: 64 * row + column
};

// What never changes between resets of all environments.
struct EnvOptions {
  int height, width;  // H, W of observations, rim included; wall beyond a board to the right and below
  Observation observation;
  Layout layout;  // of rgb and planes4
  LevelOrder level_order;
  int min_steps, max_steps;  // the cap of an episode is drawn from these, both included
  bool symmetry;             // draw one of the eight symmetries of the square (of four if H != W) at each reset
  float rewards[3][2];       // by change of matched boxes + 1 (-1, 0, 1) and by solved
};

// Structure of arrays over N environments.
struct EnvStateView {
  std::int64_t count;          // N
  std::int64_t order_stride;   // environments of the whole run: the step of sequential order
  std::uint64_t* seed;         // (N)
  std::uint32_t* environment;  // (N) number of the environment in its seed's random stream
  std::int64_t* order_start;   // (N) number of the environment in sequential order
  std::uint64_t* episode;      // (N) resets since seeding, less one
  std::uint64_t* order_index;  // (N) resets that drew a level in order
  std::uint64_t* walls;        // (N, R)
  std::uint64_t* targets;      // (N, R)
  std::uint64_t* boxes;        // (N, R)
  std::uint64_t* player;       // (N) small: one bit of the interior; large: 64 * row + column
  std::int32_t* steps;         // (N) steps taken in this episode
  std::int32_t* cap;           // (N) steps after which this episode is truncated
  std::int32_t* matched;       // (N) boxes put on targets in this episode less boxes taken off
  std::int64_t* level;         // (N) number of the level in the set
};

// What a step or a reset tells. Rows of final_observation and of the episode's figures are valid where done and keep
// their old content elsewhere.
struct EnvOutputView {
  float* reward;                    // (N) 0 after a reset
  std::uint8_t* terminated;         // (N) 1: solved
  std::uint8_t* truncated;          // (N) 1: cap reached and not solved
  std::uint8_t* observation;        // (N, observation_bytes) or null
  std::uint8_t* final_observation;  // (N, observation_bytes) or null
  std::int64_t* finished_level;     // (N) level of the episode that ended
  std::int32_t* episode_length;     // (N) steps of the episode that ended
  std::int32_t* episode_matched;    // (N) boxes on targets at its end less at its start
};

// Bytes of one observation. packed: 4 words of 8 bytes (small) or 4 planes of H words (large).
constexpr std::size_t observation_bytes(Observation observation, Tier tier, int height, int width) {
  const auto cells = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  switch (observation) {
    case Observation::none: return 0;
    case Observation::rgb: return 3 * cells;
    case Observation::planes4: return 4 * cells;
    case Observation::cells: return cells;
    case Observation::packed:
      return 4 * sizeof(std::uint64_t) * (tier == Tier::small ? 1 : static_cast<std::size_t>(height));
  }
  return 0;
}

struct EnvOps {
  // Starts a new episode in every environment with mask != 0 (null: all). levels (N): the level to play, or -1 to take
  // the next in order (null: all -1). Clears reward and flags of the environments that it resets and draws their
  // observation.
  void (*reset)(Executor&, const LevelBankView&, const EnvOptions&, const EnvStateView&, const EnvOutputView&,
                const std::uint8_t* mask, const std::int64_t* levels);

  // One step of every environment; where an episode ends, the next one starts in the same call (same-step auto-reset).
  // actions: (N), each 0..3, checked by the caller.
  void (*step)(Executor&, const LevelBankView&, const EnvOptions&, const EnvStateView&, const EnvOutputView&,
               const std::uint8_t* actions);

  // Draws the boards as they stand: out (N, observation_bytes of the kind asked for).
  void (*render)(Executor&, const LevelBankView&, const EnvOptions&, const EnvStateView&, Observation, Layout,
                 std::uint8_t* out);

  // Uniform random actions (N) for the step call with this number (counted from 0 since seeding).
  void (*random_actions)(Executor&, const EnvStateView&, std::uint64_t step_call, std::uint8_t* actions);
};

}  // namespace boxwarp
