// One iteration of training, in order, and the memory that it works in: the one description for every device.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "host/engine/device.hpp"
#include "host/engine/vector_env.hpp"
#include "host/engine/work_memory.hpp"
#include "host/learner/config.hpp"
#include "host/learner/minibatch.hpp"
#include "host/learner/rollout.hpp"

namespace boxwarp {

// Reports of so many updates lie where operations work until the host asks for them.
inline constexpr int kKeptReports = 64;

// Of a device that has so many bytes free, what a training that chooses by its memory leaves: kernels and constants are
// loaded with the first update, the graph of an update is made with the second, and scratch arrays of renders and copies
// come later. The larger of a fixed size and of a share, because all of them are larger on larger devices.
inline constexpr std::size_t kLeastReserve = std::size_t{1} << 30, kReserveShare = 20;
constexpr std::size_t reserve_of(std::size_t free_bytes) { return std::max(kLeastReserve, free_bytes / kReserveShare); }

class Iteration {
 public:
  // Takes all memory. config: checked, with the network's height and width.
  Iteration(const TrainConfig& config, std::shared_ptr<const LevelBank> levels, const Device& device);
  Iteration(const Iteration&) = delete;
  Iteration& operator=(const Iteration&) = delete;

  // Plays one rollout and learns from it. A device with memory of its own does so once as it is told; then its launches are
  // recorded and launched as a whole, which takes no memory, copies nothing to the host and waits for nobody.
  void run() { run_recorded(&Iteration::iterate, whole_); }
  // Plays one rollout and learns nothing from it: for measurements.
  void play() { run_recorded(&Iteration::play_only, half_); }

  // Plays and learns once, not as a recording, so that each launch is timed by itself. Waits. Only for a device that can
  // (Device::profile).
  Profile profile() {
    return device_.profile(*device_.executor, [this] { iterate(); });
  }

  // Of the last `count` updates in order, at most kKeptReports, of which `updates` are done in all. Waits for the device.
  std::vector<UpdateReport> reports(std::int64_t updates, int count) const;
  // Makes levels where the environments play, for the update that follows on `updates` and in place of the slots from
  // first_slot on; nth: how many the calls before this one have made for the same update, of fresh_levels in all. Does not
  // wait.
  void renew_levels(const ReversePlay& rules, const LevelRange& range, std::int64_t first_slot, std::int64_t updates,
                    std::int64_t nth);
  // Of the levels so asked for, how many were not made: for each of the updates that reports() tells of. Waits.
  std::vector<std::int64_t> levels_kept(std::int64_t updates, int count) const;

  VectorEnv& env() { return env_; }
  const VectorEnv& env() const { return env_; }
  const char* kernels() const;                           // that compute the network
  const NetMode& mode() const { return mode_; }          // likewise
  bool is_recorded() const { return memory_.is_far(); }  // from the second run on
  std::vector<float> parameters() const;                 // (P)
  double parameter_norm() const;
  LearnClock clock() const;

  // What decides how an iteration goes on beside the environments and the clock: visit(name, array, elements), float or
  // bytes. The weights alone are enough to go on with fresh episodes.
  template <class Visit>
  void for_each_weight(Visit&& visit) const {
    visit("parameters", parameters_, parameter_count_);
    visit("adam.m", adam_m_, parameter_count_);
    visit("adam.v", adam_v_, parameter_count_);
  }
  template <class Visit>
  void for_each_state(Visit&& visit) const {
    if (acting_ != nullptr) visit("acting", acting_, parameter_count_);
    visit("state.h", rollout_.h, rollout_.state_count());
    visit("state.c", rollout_.c, rollout_.state_count());
    visit("state.starts", rollout_.next_starts(), static_cast<std::size_t>(rollout_.boards));
  }
  const WorkMemory& memory() const { return memory_; }
  WorkMemory& memory() { return memory_; }
  // After arrays were written from outside: the network takes the weights, and counters stand as given.
  void set(const LearnClock& clock);
  // The same after the weights were written and all environments reset: whatever else there was is forgotten.
  void begin_anew(const LearnClock& clock);

  struct MemoryUse {  // bytes where operations work
    std::size_t network, rollout, parameters, environments;
  };
  MemoryUse memory_use() const;

 private:
  NetLimits limits() const;
  MemoryPlan plan(const NetMode& mode);
  NetMode chosen_mode();
  // An order of launches, which the first time runs as it is told and then as a recording.
  struct Order {
    bool has_run = false;
    std::unique_ptr<Recording> recording;
  };
  void run_recorded(void (Iteration::*launches)(), Order& order);
  void iterate();
  void play_only();
  void begin();
  void find_returns();
  void learn_from(const std::int32_t* environments);
  std::size_t made_at(std::int64_t row) const { return static_cast<std::size_t>(row * config_.fresh_levels); }

  TrainConfig config_;
  Device device_;
  VectorEnv env_;
  WorkMemory memory_;
  Rollout rollout_;
  Minibatch minibatch_;
  NetMode mode_;

  std::size_t parameter_count_;                                                                // P
  float *parameters_ = nullptr, *adam_m_ = nullptr, *adam_v_ = nullptr, *gradient_ = nullptr;  // (P)
  float* acting_ = nullptr;                                                                    // (P); null without lag
  float *advantages_ = nullptr, *targets_ = nullptr;  // (T, N); null: the loss finds its own
  std::int32_t* order_ = nullptr;                     // (N) environments as minibatches take them
  double* norm_ = nullptr;
  LearnClock* clock_ = nullptr;
  UpdateReport *report_ = nullptr, *reports_ = nullptr;  // of this update; (kKeptReports)
  std::uint8_t* levels_made_ = nullptr;                  // (kKeptReports, fresh_levels); null without
  std::byte *workspace_ = nullptr, *network_memory_ = nullptr;

  struct Range {
    std::size_t offset, size;
  };
  std::vector<Range> heads_;  // parameters of policy and value, without gaps
  std::unique_ptr<Network> network_;
  std::vector<MemoryPart> parts_;
  Order whole_, half_;
};

}  // namespace boxwarp
