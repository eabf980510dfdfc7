#include "bench/model/compare.hpp"

#include <algorithm>

namespace boxwarp::model {

namespace {

// Launches that the model counts under another name.
struct Name {
  const char *launch, *part;
};
constexpr Name kNames[] = {
    {"dense_forward", "heads"},    {"sum_heads", "grad_heads"},   {"dense_weights", "grad_heads"},
    {"dense_data", "grad_heads"},  {"grad_first", "grad_encode"}, {"grad_encoder_weights", "grad_encode"},
    {"grad_table", "grad_encode"}, {"vtrace_ratio", "losses"},    {"vtrace_returns", "losses"},
    {"vtrace_gradient", "losses"}, {"ppo_gradient", "losses"},    {"report_loss", "losses"},
    {"norm_pieces", "norm"},       {"count_step", "adam"},
};

std::string part_of_launch(const std::string& launch) {
  const auto* found = std::ranges::find_if(kNames, [&](const Name& name) { return launch == name.launch; });
  return found == std::end(kNames) ? launch : found->part;
}

std::string part_of_prediction(const std::string& kernel) { return kernel.substr(0, kernel.find(' ')); }

Compared& row_of(std::vector<Compared>& rows, const std::string& part) {
  const auto found = std::ranges::find(rows, part, &Compared::part);
  return found == rows.end() ? rows.emplace_back(Compared{part, 0, 0, std::nullopt}) : *found;
}

}  // namespace

std::vector<Compared> compared(std::span<const Measured> measured, std::span<const Prediction> predicted) {
  std::vector<Compared> rows;
  for (const Prediction& prediction : predicted) {
    Compared& row = row_of(rows, part_of_prediction(prediction.kernel));
    row.predicted_seconds = row.predicted_seconds.value_or(0) + prediction.seconds;
  }
  for (const Measured& each : measured) {
    Compared& row = row_of(rows, part_of_launch(each.launch));
    row.launches += each.launches;
    row.measured_seconds += each.seconds;
  }
  return rows;
}

const Gpu* gpu_of(const std::string& device) {
  for (const Gpu& gpu : gpus())
    if (device.find(gpu.name) != std::string::npos) return &gpu;
  return nullptr;
}

}  // namespace boxwarp::model
