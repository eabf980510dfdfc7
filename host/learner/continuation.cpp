#include "host/learner/continuation.hpp"

#include <fmt/format.h>

#include "host/learner/checkpoint_file.hpp"
#include "host/learner/shipped_weights.hpp"

namespace boxwarp {

namespace {

std::filesystem::path file_of(const std::string& path_or_name) {
  const std::filesystem::path path = weights_file(path_or_name);
  std::error_code none;  // what cannot be looked at cannot be opened, which is told then
  return std::filesystem::is_directory(path, none) ? path / "light.safetensors" : path;
}

}  // namespace

Continuation::Continuation(const std::string& path_or_name) : path_(file_of(path_or_name)) {
  if (is_checkpoint(read_safetensors(path_)))
    light_ = read_light(path_);
  else
    weights_ = load_weights(path_);
}

TrainConfig Continuation::config(const std::string& preset_name) const {
  if (light_) return base_config(preset_name, &light_->config);
  TrainConfig config = base_config(preset_name, nullptr);
  config.network = weights_.shape;
  if (config.network.head == NetHead::pooled) config.network.height = config.network.width = 0;  // of the largest level
  config.no_op = config.network.actions == kActions + 1;
  return config;
}

void Continuation::give(Trainer& trainer) const {
  if (light_)
    trainer.continue_from(path_);
  else
    trainer.start_from(weights_);
}

std::string Continuation::note() const {
  if (light_) return {};
  return fmt::format("{} holds weights alone: moments are fresh, and frames count from 0", path_.string());
}

}  // namespace boxwarp
