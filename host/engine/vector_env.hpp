// N Sokoban environments stepped together: the engine's public face in C++.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/engine/device.hpp"
#include "host/engine/far_memory.hpp"
#include "host/engine/level_bank.hpp"
#include "kernels/env/env.hpp"
#include "levels/error.hpp"

namespace boxwarp {

// Of one step: step (+ no_op where that was the action) + box * (boxes newly on targets) + finish if solved, in double, left
// to right, cast once to float32.
struct Rewards {
  double step = -0.1, box = 1.0, finish = 10.0, no_op = 0.0;
};

// An action that is none of the environment's.
struct BadAction : BadInput {
  BadAction(std::int64_t environment, std::int64_t action, int actions);
  std::int64_t environment, action;
};

struct VectorEnvConfig {
  std::int64_t num_envs = 1;
  Observation observation = Observation::rgb;
  Layout layout = Layout::chw;
  LevelOrder level_order = LevelOrder::random;
  AutoReset auto_reset = AutoReset::same_step;
  int min_steps = 30, max_steps = 120;  // cap of an episode, both included
  bool no_op = false;                   // a fifth action, 4: to do nothing, which costs a step
  SolvedRule solved_rule = SolvedRule::boxes_matched;
  Rewards rewards{};
  int height = 0, width = 0;      // of observations; 0: the largest level of the set
  bool deadlock = false;          // tell dead boards (deadlocks()); not with step_many
  bool end_on_deadlock = false;   // a dead board ends its episode, truncated (implies deadlock)
  bool symmetry = false;          // play each level in one of its symmetries, drawn at each reset
  bool final_observation = true;  // keep the last observation of an episode that ended; with same_step only
  Element element = Element::u8;  // of planes and planes4
  int tile = 8;                   // height and width of a cell of pixels: 8 or 16
  std::uint64_t seed = 0;
  std::vector<std::uint64_t>
      seeds{};  // one for each environment instead of seed; each then plays as (its seed, environment 0)
  std::uint32_t first_environment = 0;  // number of the first environment, where a run is split over several engines
  std::int64_t total_envs = 0;          // environments of the whole run; 0: num_envs
};

// A line for everything that is wrong with a configuration. bank: of the levels that it is for, which bound the size; an
// empty one where they are not known yet.
std::vector<std::string> mistakes_in(const VectorEnvConfig& config, const LevelBankView& bank);

// T steps whose arrays lie where operations work (on a GPU in its memory), each (T, N, ...), slowest first. What is given
// beside the actions is written there instead of to the engine's own arrays; with auto_reset disabled flags to both, because
// those of a board that waits for its reset stay.
struct DeviceSteps {
  const std::uint8_t* actions;           // each below num_actions()
  std::uint8_t* observations = nullptr;  // (T, N, observation_bytes), aligned to 16 bytes
  float* rewards = nullptr;
  std::uint8_t* terminated = nullptr;
  std::uint8_t* truncated = nullptr;
};

// Arrays that the engine writes are views of its memory: valid until it is destroyed, overwritten by the next call of reset
// or step. On a GPU an array is copied back from it when it is asked for after a call, which waits for the GPU; the calls
// that begin with device_ leave everything there and wait for nothing.
class VectorEnv {
 public:
  // Throws BadInput that lists everything that is wrong with the configuration, DeviceError with the sizes needed where the
  // memory of the device does not hold it.
  VectorEnv(VectorEnvConfig config, std::shared_ptr<const LevelBank> levels, const Device& device);
  ~VectorEnv();
  VectorEnv(const VectorEnv&) = delete;
  VectorEnv& operator=(const VectorEnv&) = delete;

  // Starts a new episode everywhere. With a seed: under that seed with zeroed counters, as the first reset does.
  void reset();
  void reset(std::uint64_t seed);
  void reset_each(std::span<const std::uint64_t> seeds);  // (N), as VectorEnvConfig::seeds
  // Starts a new episode where mask (N) is not zero (empty: everywhere); levels (N): the level to play or -1 for the next
  // in order (empty: all -1). The first reset zeroes counters, later ones count as another episode.
  void reset(std::span<const std::uint8_t> mask, std::span<const std::int64_t> levels);

  // actions: (N), 0 up, 1 down, 2 left, 3 right, 4 nothing (with no_op). A bad action throws BadAction and nobody is
  // stepped. With next_step, the action of an environment whose episode is over is not looked at: this call starts its next
  // episode.
  void step(std::span<const std::int32_t> actions);
  void step(std::span<const std::uint8_t> actions);
  // Uniform random actions for the next step call, as (seed, environment, step call) gives them.
  void random_actions(std::span<std::uint8_t> actions) const;

  // T steps in one call, with same-step auto-reset (BadInput under another mode) and without observations: rewards(),
  // flags and observations keep what they told before. actions: (T, N), or empty for `steps` steps of random play.
  void step_many(std::span<const std::uint8_t> actions, int steps, const PlayTotals& totals);

  // From the next reset of each environment on, random order draws from the first `count` levels of the set only (1 to all
  // of them). Throws BadInput for another count or order.
  void limit_levels(std::int64_t count);

  // Makes levels of this engine's own in place of levels first_slot..first_slot+range.count of its set, by reverse play
  // (kernels/sokoban/reverse_play.hpp) and where it plays them: on a GPU no host touches them. Episodes that run go on;
  // level ids are slots from then on, and save() keeps what was made. Returns how many were made, which waits for a GPU:
  // a level that no attempt gave leaves its slot as it was. Throws BadInput for sizes beyond the largest level of the set,
  // and for slots that it has not.
  std::int64_t renew_levels(const ReversePlay& rules, const LevelRange& range, std::int64_t first_slot);

  // The same with levels that were made elsewhere, in place of levels first_slot..first_slot+levels' number. Throws BadInput
  // unless they have the tier and the rows of the set's largest level, and the slots are there.
  void replace_levels(const LevelBank& levels, std::int64_t first_slot);

  std::int64_t num_envs() const;
  int num_actions() const;  // 4, or 5 with no_op
  int height() const;
  int width() const;
  std::size_t observation_bytes() const;                     // of one environment
  std::span<const std::uint8_t> observations() const;        // (N, observation_bytes)
  std::span<const std::uint8_t> final_observations() const;  // (N, observation_bytes), rows valid where done
  std::span<const float> rewards() const;                    // (N)
  std::span<const std::uint8_t> terminated() const;          // (N) solved
  std::span<const std::uint8_t> truncated() const;           // (N) cap reached, or dead with end_on_deadlock; not solved
  // (N), empty unless the configuration asks for it. 1: the board that the last step led to, the old episode's where it
  // ended, can never be solved. Never wrong; some dead boards are missed (kernels/sokoban/deadlock.hpp). 0 after a reset.
  std::span<const std::uint8_t> deadlocks() const;
  std::span<const std::int64_t> level_ids() const;           // (N) of the running episodes; -1 where none runs
  std::span<const std::int64_t> finished_level_ids() const;  // (N) of the episodes that ended, valid where done
  std::span<const std::int32_t> episode_lengths() const;     // (N) valid where done
  std::span<const std::int32_t> episode_matched()
      const;                                           // (N) boxes on targets at the end less at the start; valid where done
  std::span<const std::int32_t> episode_idle() const;  // (N) no_op actions, valid where done; empty without no_op
  double episode_return(std::int64_t environment) const;  // valid where done

  // The board as any kind of observation, written to out (N, bytes of that picture).
  void render(const ObservationFormat& format, std::span<std::uint8_t> out) const;

  // Everything that decides how the environments go on, as bytes; restore takes what save gave under the same configuration
  // and level set, else throws BadInput.
  std::vector<std::byte> save() const;
  void restore(std::span<const std::byte> state);

  const VectorEnvConfig& config() const;
  const LevelBank& levels() const;
  const EnvStateView& state() const;  // the boards themselves: on a processor without a copy
  std::uint64_t step_calls() const;   // since seeding

  // Memory of all arrays where operations work, by what it is for; on a GPU the level bank is among it.
  std::size_t memory_bytes() const;
  const std::vector<MemoryPart>& memory_parts() const;

  // ---- On the device. Addresses are the device's: on a processor ordinary ones. Calls return before the work is done, and
  // synchronize() waits for it; it throws BadInput for a bad action, which left its environment as it was (a processor
  // throws at once and steps nobody), and DeviceError for what failed.
  const EnvStateView& device_state() const;
  const EnvOutputView& device_output() const;
  void device_step(const std::uint8_t* actions);            // (N)
  void device_random_actions(std::uint8_t* actions) const;  // (N)
  // T = count steps, at least 1. On a processor each thread takes its boards through all of them, without a meeting between.
  void device_step(const DeviceSteps& steps, int count);
  void device_step_many(const std::uint8_t* actions, int steps,
                        const PlayTotals& totals);  // as step_many; null: random play
  // As renew_levels; made (range.count): 1 a level that was made, 0 one that was not.
  void device_renew_levels(const ReversePlay& rules, const LevelRange& range, std::int64_t first_slot, std::uint8_t* made);
  // T = count steps to be launched as a whole (on a GPU one CUDA graph), any number of times; each time the actions are
  // those that lie there then. The memory that steps names and this engine must outlive what is returned.
  std::unique_ptr<Recording> device_record(const DeviceSteps& steps, int count);
  // Any work of this engine's executor that calls device_step for `steps` steps in all, to be launched as a whole;
  // step_calls counts its steps at each launch. On a processor `work` is called at each launch. It may neither take memory
  // nor wait.
  std::unique_ptr<Recording> device_record(const std::string& name, int steps, const std::function<void()>& work);
  void synchronize() const;

 private:
  class RecordedWork;
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

}  // namespace boxwarp
