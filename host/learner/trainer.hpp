// Training: one call of update() is one iteration of the algorithm.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/engine/device.hpp"
#include "host/engine/level_bank.hpp"
#include "host/learner/config.hpp"
#include "host/learner/minibatch.hpp"
#include "host/learner/rollout.hpp"
#include "host/learner/weights.hpp"

namespace boxwarp {

struct UpdateMetrics {
  std::int64_t update;  // counted from 1
  std::int64_t frames;  // of the whole run up to here
  double learning_rate, entropy, policy_loss, value_loss, gradient_norm, explained_variance;
  EpisodeCounts episodes;
  double mean_return;
};

class Trainer {
 public:
  // Takes all memory. Throws BadInput with every mistake of the configuration.
  Trainer(TrainConfig config, std::shared_ptr<const LevelBank> levels, const Device& device);

  // Plays one rollout and learns from it. Throws std::runtime_error when a loss or gradient is not finite.
  UpdateMetrics update();

  bool finished() const { return updates_ >= config_.updates(); }
  std::int64_t updates() const { return updates_; }
  std::int64_t frames() const { return updates_ * config_.frames_per_update(); }
  const TrainConfig& config() const { return config_; }  // with the network's height and width filled in
  Weights weights() const { return {config_.network, parameters_}; }
  double parameter_norm() const;

  struct MemoryUse {
    std::size_t network, rollout, parameters, levels;
    std::size_t total() const { return network + rollout + parameters + levels; }
  };
  MemoryUse memory_use() const;

  // Everything that decides how training goes on, in one file, whole or not at all.
  void save(const std::filesystem::path& path) const;
  // Goes on from such a file, bit-identically under the same configuration. Throws BadInput for a file of another
  // configuration, version or level set, or one that is damaged.
  void restore(const std::filesystem::path& path);

 private:
  struct Sums;  // of an update's gradient steps
  void limit_levels();
  void renew_levels();
  void learn_from(std::span<const std::int32_t> environments, double learning_rate, double entropy, Sums& sums);
  std::vector<std::int32_t> environment_order(int epoch) const;

  TrainConfig config_;
  std::shared_ptr<const LevelBank> levels_;
  Device device_;
  std::unique_ptr<Network> network_;
  Actor actor_;
  Rollout rollout_;
  Minibatch minibatch_;
  std::vector<float> advantages_, targets_;  // (T, N), ppo
  std::vector<float> parameters_, adam_m_, adam_v_, gradient_;
  std::vector<ParameterTensor> tensors_;
  std::int64_t updates_ = 0, gradient_steps_ = 0;
};

}  // namespace boxwarp
