// The environment's operations, declared once for every backend: views of memory and one table of functions.
//
// Letters: N environments, A actions, L levels, R words per plane and board (1 in the small tier, H in the large one), H
// rows and W columns of an observation. Arrays are dense, slowest index first. Memory belongs to the caller and must outlive
// the call; arrays of one call do not overlap. On a device arrays of observations begin at a multiple of 16 bytes; steps of
// (T, N, ...) follow each other without gaps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/executor.hpp"
#include "kernels/sokoban/rules.hpp"

namespace boxwarp {

struct ReversePlay;  // kernels/sokoban/carving.hpp

enum class Tier : std::uint8_t { small, large };
enum class Observation : std::uint8_t { none, rgb, planes4, packed, cells, planes, pixels };
enum class Layout : std::uint8_t { chw, hwc };
enum class Element : std::uint8_t { u8, bf16, f32 };
enum class LevelOrder : std::uint8_t { random, sequential };

// When the next episode starts: in the step that ended the last one, in the step after it, or at the next reset only.
enum class AutoReset : std::uint8_t { same_step, next_step, disabled };

// How a board becomes an observation.
struct ObservationFormat {
  Observation kind = Observation::rgb;
  Layout layout = Layout::chw;    // of rgb, planes and planes4
  Element element = Element::u8;  // of planes and planes4
  int tile = 8;                   // height and width of a cell of pixels: 8 or 16
};

// A level of the small tier as one record, half a line of a processor's cache.
struct alignas(32) LevelRecord {
  std::uint64_t walls, targets, boxes;
  std::uint16_t player;
};

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

  // (1) random order draws from so many of the levels, the first ones; null: from all.
  const std::int64_t* in_play = nullptr;

  // (L) the levels of the small tier once more, for processors, which wait for each line of memory; null: only as planes.
  const LevelRecord* records = nullptr;
};

// What a step did to the boxes, as a row of rewards: one left its target, none was won or lost, one came to a target; or the
// action was no_op.
enum class Outcome : std::int32_t { lost, kept, won, idle };
inline constexpr int kOutcomes = 4;

// What never changes between resets of all environments.
struct EnvOptions {
  int height, width;  // H, W of observations, rim included; wall beyond a board to the right and below
  ObservationFormat format;
  LevelOrder level_order;
  AutoReset auto_reset;
  SolvedRule solved_rule;
  int actions;                  // A: the four moves, or five with no_op
  int min_steps, max_steps;     // the cap of an episode is drawn from these, both included
  bool end_on_deadlock;         // a board told dead ends its episode, as truncated; only where deadlocks are told
  bool symmetry;                // draw one of the eight symmetries of the square (of four if H != W) at each reset
  float rewards[kOutcomes][2];  // by outcome and by solved
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
  std::int32_t* idle;          // (N) no_op actions in this episode; null where there is none among the actions
  std::int64_t* level;         // (N) number of the level in the set; -1 where ended, the next one is not drawn yet
  std::uint8_t* ended;         // (N) 1: the episode is over and the next has not started (never with same_step)
  std::uint64_t* live;         // (N, R) cells from which a box gets to a target; null where deadlocks are not told
  std::uint64_t* stuck;        // (N, R) room to find frozen boxes in, of the large tier; null where live is
};

// What a step or a reset tells. Rows of final_observation (same_step only) and of the episode's figures are valid where
// done and keep their old content elsewhere.
struct EnvOutputView {
  float* reward;                    // (N) 0 after a reset
  std::uint8_t* terminated;         // (N) 1: solved
  std::uint8_t* truncated;          // (N) 1: cap reached and not solved
  std::uint8_t* observation;        // (N, observation_bytes) or null
  std::uint8_t* final_observation;  // (N, observation_bytes) or null
  std::int64_t* finished_level;     // (N) level of the episode that ended
  std::int32_t* episode_length;     // (N) steps of the episode that ended
  std::int32_t* episode_matched;    // (N) boxes on targets at its end less at its start
  std::int32_t* episode_idle;       // (N) its no_op actions; null where there is none among the actions
  std::uint8_t* deadlock;           // (N) 1: the board after the step, of the old episode where one ended, is dead for
                                    // certain (kernels/sokoban/deadlock.hpp); 0 after a reset; or null
};

// Values that a cell has in a picture; 0 where the picture is not made of cells.
HOST_DEVICE constexpr int channels_of(Observation kind) {
  switch (kind) {
    case Observation::rgb:
    case Observation::pixels: return 3;
    case Observation::planes4: return 4;
    case Observation::planes: return kCellCodes;
    case Observation::cells: return 1;
    case Observation::none:
    case Observation::packed: return 0;
  }
  return 0;
}

HOST_DEVICE constexpr std::size_t bytes_of(Element element) {
  return element == Element::u8 ? 1 : element == Element::bf16 ? 2 : 4;
}

// Bytes of one observation of H x W cells. packed: 4 words of 8 bytes (small) or 4 planes of H words (large).
HOST_DEVICE constexpr std::size_t observation_bytes(const ObservationFormat& format, Tier tier, int height, int width) {
  const auto cells = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  const auto values = cells * static_cast<std::size_t>(channels_of(format.kind));
  switch (format.kind) {
    case Observation::packed:
      return 4 * sizeof(std::uint64_t) * (tier == Tier::small ? 1 : static_cast<std::size_t>(height));
    case Observation::pixels: return values * static_cast<std::size_t>(format.tile) * static_cast<std::size_t>(format.tile);
    case Observation::planes:
    case Observation::planes4: return values * bytes_of(format.element);
    default: return values;
  }
}

// What T steps in one call come to. Arrays are written, not added to.
struct PlayTotals {
  float* reward;           // (N) sum over the T steps, added in order of time
  std::int32_t* episodes;  // (N) that ended
  std::int32_t* solved;    // (N) of those
};

// Levels first..first+count of a generator's seed.
struct LevelRange {
  std::uint64_t seed;
  std::int64_t first, count;
};

// Where made levels go: arrays of a level bank, written slot by slot.
struct LevelSlots {
  Tier tier;
  int words;               // R
  std::uint64_t* walls;    // (count, R)
  std::uint64_t* targets;  // (count, R)
  std::uint64_t* boxes;    // (count, R)
  std::uint16_t* player;   // (count)
  std::uint8_t* found;     // (count) 0: no attempt gave this level, and its slot keeps what it held
};

struct EnvOps {
  // Starts a new episode in every environment with mask != 0 (null: all). levels (N): the level to play, or -1 to take
  // the next in order (null: all -1). Clears reward and flags of the environments that it resets and draws their
  // observation.
  void (*reset)(Executor&, const LevelBankView&, const EnvOptions&, const EnvStateView&, const EnvOutputView&,
                const std::uint8_t* mask, const std::int64_t* levels);

  // One step of every environment, whose boards `deadlock` tells if it is not null, and what EnvOptions::auto_reset says
  // about episodes that end. actions: (N), each below A; not looked at where next_step starts an episode. A processor's
  // caller checks them before; a device leaves an environment with a bad action as it was and reports it
  // (kernels/fault.hpp).
  void (*step)(Executor&, const LevelBankView&, const EnvOptions&, const EnvStateView&, const EnvOutputView&,
               const std::uint8_t* actions);

  // T = told.size() steps, each as step has it and told to an element of told. actions: (T, N), checked by the caller. Null
  // where each step is a launch of its own. On a processor each thread takes its boards through all of them.
  void (*step_series)(Executor&, const LevelBankView&, const EnvOptions&, const EnvStateView&,
                      std::span<const EnvOutputView> told, const std::uint8_t* actions);

  // T = steps steps of every environment in one call, with same-step auto-reset and without observations: leaves the state
  // that T calls of step leave. actions: (T, N), or null for those that random_actions gives for step_call, step_call + 1,
  // and so on.
  void (*step_many)(Executor&, const LevelBankView&, const EnvOptions&, const EnvStateView&, const PlayTotals&,
                    const std::uint8_t* actions, std::uint64_t step_call, int steps);

  // Draws the boards as they stand: out (N, observation_bytes of the picture).
  void (*render)(Executor&, const LevelBankView&, const EnvOptions&, const EnvStateView&, const ObservationFormat&,
                 std::uint8_t* out);

  // Makes levels by reverse play, each the same wherever and with whatever others it is made. rules: sizes that fit the
  // slots' tier. workspace: generate_bytes(rules, workers) for as many workers as the caller likes, at least one.
  void (*generate)(Executor&, const ReversePlay& rules, const LevelRange&, const LevelSlots&, void* workspace,
                   std::int64_t workers);
  std::size_t (*generate_bytes)(const ReversePlay& rules, std::int64_t workers);

  // Uniform random actions (N) for the step call with this number (counted from 0 since seeding).
  void (*random_actions)(Executor&, const EnvOptions&, const EnvStateView&, std::uint64_t step_call, std::uint8_t* actions);
};

}  // namespace boxwarp
