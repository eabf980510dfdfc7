#include "tools/train_profile.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/model/compare.hpp"
#include "host/learner/weights.hpp"

namespace boxwarp {

namespace {

std::vector<model::Prediction> predicted(const TrainConfig& config, const model::Gpu& gpu, Precision precision) {
  const model::Batch batch{.boards = config.num_envs,
                           .steps = config.unroll,
                           .minibatch = config.minibatch_envs,
                           .epochs = config.epochs,
                           .bootstrap = config.algorithm != Algorithm::ppo,
                           .parameters = parameter_count(config.network)};
  std::vector<model::Prediction> all;
  for (const model::Work& work : model::update_work(config.network, batch, gpu, precision))
    all.push_back(model::predict(work, gpu));
  return all;
}

}  // namespace

nlohmann::ordered_json profile_of(Iteration& iteration, const TrainConfig& config, const Device& device) {
  const Profile profile = iteration.profile();
  std::vector<model::Measured> measured;
  double sum = 0;
  for (const KernelTime& kernel : profile.kernels) {
    measured.push_back({kernel.name, static_cast<double>(kernel.launches), kernel.seconds});
    sum += kernel.seconds;
  }
  const model::Gpu* gpu = model::gpu_of(device.name);
  const bool counted = gpu != nullptr && std::string(iteration.kernels()).find("fused") != std::string::npos;
  const std::vector<model::Prediction> predictions =
      counted ? predicted(config, *gpu, iteration.mode().precision) : std::vector<model::Prediction>();
  nlohmann::ordered_json kernels = nlohmann::ordered_json::array();
  for (const model::Compared& row : model::compared(measured, predictions)) {
    kernels.push_back({{"kernel", row.part}, {"launches", row.launches}, {"seconds", row.measured_seconds}});
    if (row.predicted_seconds) kernels.back()["predicted_seconds"] = *row.predicted_seconds;
  }
  nlohmann::ordered_json result = {{"update_seconds", profile.seconds}, {"kernel_seconds", sum}};
  if (counted) {
    result["predicted_seconds"] = model::total(predictions).seconds;
    result["assumed"] = gpu->source;
  }
  result["kernels"] = kernels;
  return result;
}

void print_profile(const nlohmann::ordered_json& profile) {
  fmt::print("\n{:<28} {:>8} {:>12} {:>12}\n", "one update, kernel by kernel", "launches", "us", "predicted");
  for (const nlohmann::ordered_json& row : profile.at("kernels")) {
    const std::string bound =
        row.contains("predicted_seconds") ? fmt::format("{:.1f}", row.at("predicted_seconds").get<double>() * 1e6) : "";
    fmt::print("{:<28} {:>8.0f} {:>12.1f} {:>12}\n", row.at("kernel").get<std::string>(), row.at("launches").get<double>(),
               row.at("seconds").get<double>() * 1e6, bound);
  }
  fmt::print("{:.1f} ms from the first launch to the end of the last, {:.1f} ms in kernels\n",
             profile.at("update_seconds").get<double>() * 1e3, profile.at("kernel_seconds").get<double>() * 1e3);
}

}  // namespace boxwarp
