// What a new run begins with instead of random weights: a light checkpoint, where that run stood, or weights alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "host/learner/config.hpp"
#include "host/learner/light_checkpoint.hpp"
#include "host/learner/trainer.hpp"
#include "host/learner/weights.hpp"

namespace boxwarp {

class Continuation {
 public:
  // A light checkpoint, a file of weights, the folder of a run (its light checkpoint) or the name of a shipped agent. Throws
  // BadInput.
  explicit Continuation(const std::string& path_or_name);

  // What the new run's settings are laid over: those of the light checkpoint, or the preset (empty: the first of them) with
  // the network of the weights.
  TrainConfig config(const std::string& preset_name) const;
  // Throws BadInput where it is of another network, or where a light checkpoint is at the end of the trainer's run.
  void give(Trainer& trainer) const;
  // What is told of weights alone, else empty.
  std::string note() const;

 private:
  std::filesystem::path path_;
  std::optional<LightCheckpoint> light_;
  Weights weights_;  // where there is no light checkpoint
};

}  // namespace boxwarp
