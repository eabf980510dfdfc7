// What a GPU took beside what the model says that it takes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/model/predict.hpp"

namespace boxwarp::model {

struct Measured {
  std::string launch;  // a launch's name
  double launches, seconds;
};

// One kernel of the model, or a launch that it leaves out.
struct Compared {
  std::string part;
  double launches, measured_seconds;
  std::optional<double> predicted_seconds;
};

// In the model's order, launches that it leaves out last; play and learning together, as launches do not say which they are.
std::vector<Compared> compared(std::span<const Measured> measured, std::span<const Prediction> predicted);

// The GPU whose name is part of a device's; null: none of the model's.
const Gpu* gpu_of(const std::string& device);

}  // namespace boxwarp::model
