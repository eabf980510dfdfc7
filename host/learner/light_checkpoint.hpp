// What a light checkpoint says of the run that wrote it. Trainer::save_light writes it, Trainer::continue_from goes on from
// it.
#pragma once

#include <cstdint>
#include <filesystem>

#include "host/learner/config.hpp"

namespace boxwarp {

struct LightCheckpoint {
  TrainConfig config;
  std::int64_t frames;
};
LightCheckpoint read_light(const std::filesystem::path& path);  // throws BadInput

}  // namespace boxwarp
