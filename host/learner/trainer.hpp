// Training: the order of updates, what changes between them, and what is kept of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/engine/device.hpp"
#include "host/engine/level_bank.hpp"
#include "host/learner/config.hpp"
#include "host/learner/iteration.hpp"
#include "host/learner/level_pool.hpp"
#include "host/learner/metrics.hpp"
#include "host/learner/weights.hpp"

namespace boxwarp {

class Trainer {
 public:
  // Takes all memory. Throws BadInput with every mistake of the configuration.
  Trainer(TrainConfig config, std::shared_ptr<const LevelBank> levels, const Device& device);

  // Plays one rollout and learns from it. Throws std::runtime_error when a loss or gradient is not finite.
  UpdateMetrics update() { return update(1).front(); }
  // `count` updates, or as many as are left, and then waits for the device once. Where an update was not finite, gives those
  // before it and throws at the next call.
  std::vector<UpdateMetrics> update(int count);
  int most_at_once() const;  // updates

  bool is_finite() const { return failure_.empty(); }  // so far every loss and gradient was
  bool finished() const { return failure_.empty() && updates_ >= config_.updates(); }
  std::int64_t updates() const { return updates_; }
  std::int64_t frames() const { return updates_ * config_.frames_per_update(); }
  const TrainConfig& config() const { return config_; }  // with the network's height and width filled in
  Weights weights() const { return {config_.network, iteration_.parameters()}; }
  double parameter_norm() const { return iteration_.parameter_norm(); }
  // What computes the network, for people.
  std::string kernels() const;

  struct MemoryUse {
    std::size_t network, rollout, parameters, environments, levels;
    std::size_t total() const { return network + rollout + parameters + environments + levels; }
  };
  MemoryUse memory_use() const;

  // Everything that decides how training goes on, in one file, whole or not at all. Throws std::runtime_error for what
  // cannot be written, and after an update that was not finite.
  void save(const std::filesystem::path& path) const;
  // Goes on from such a file, bit-identically under the same configuration. Throws BadInput for a file of another
  // configuration, version or level set, or one that is damaged; then everything is as it was.
  void restore(const std::filesystem::path& path);

  // Weights, Adam's moments and counters, whole or not at all: what it takes to go on with fresh episodes. Throws as save.
  void save_light(const std::filesystem::path& path) const;
  // Goes on from such a file where its run stood, under any configuration with the same network. Throws BadInput as restore,
  // and where this run ends before there.
  void continue_from(const std::filesystem::path& path);
  // Begins anew with these weights, moments and counters 0. Throws BadInput for another network, but for the size of its
  // boards where that does not matter; then everything is as it was.
  void start_from(const Weights& weights);

 private:
  void limit_levels();
  // Whether fresh levels are made where the environments play; there some places keep their old one, because no attempt gave
  // a new one.
  bool makes_levels_there() const;
  void renew_levels();
  void replace_levels(std::int64_t made);

  TrainConfig config_;
  std::shared_ptr<const LevelBank> levels_;
  Iteration iteration_;
  int level_threads_;                // of the pool, which sleep once they are ahead
  std::unique_ptr<LevelPool> pool_;  // of levels that only a processor makes; null: the environments make theirs
  std::int64_t updates_ = 0;
  std::string failure_;
};

}  // namespace boxwarp
