#include "tools/net_prediction.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "host/engine/build_info.hpp"
#include "host/learner/net_options.hpp"
#include "levels/error.hpp"

namespace boxwarp {

namespace {

std::vector<model::Prediction> predicted(std::span<const model::Work> work, const model::Gpu& gpu) {
  std::vector<model::Prediction> kernels;
  for (const model::Work& each : work) kernels.push_back(model::predict(each, gpu));
  return kernels;
}

}  // namespace

PredictedPoint predicted_point(const NetShape& shape, const model::Batch& batch, const model::Gpu& gpu,
                               Precision precision) {
  PredictedPoint point{.gpu = &gpu,
                       .precision = precision,
                       .batch = batch,
                       .work = model::update_work(shape, batch, gpu, precision),
                       .kernels = {},
                       .inference_seconds = 0};
  point.kernels = predicted(point.work, gpu);
  const std::vector<model::Work> forward = model::forward_work(shape, 1, batch.boards, false, gpu, precision);
  point.inference_seconds = model::total(predicted(forward, gpu)).seconds;
  return point;
}

std::string as_json(std::span<const PredictedPoint> points, const std::string& preset, const NetShape& shape) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const PredictedPoint& point : points) {
    nlohmann::ordered_json kernels = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < point.kernels.size(); ++i) {
      const model::Prediction& time = point.kernels[i];
      const model::Work& work = point.work[i];
      kernels.push_back({{"kernel", time.kernel},
                         {"launches", work.launches},
                         {"flop", work.flop},
                         {"tensor_flop", work.tensor_flop},
                         {"warpgroup_flop", work.warpgroup_flop},
                         {"special_functions", work.special},
                         {"double_operations", work.doubles},
                         {"warp_instructions", work.instructions},
                         {"shared_bytes", work.shared_bytes},
                         {"l2_bytes", work.l2_bytes},
                         {"dram_bytes", time.dram * point.gpu->dram_bytes_per_second},
                         {"predicted_seconds", time.seconds},
                         {"limit", time.limit}});
    }
    rows.push_back({{"gpu", point.gpu->name},
                    {"assumed", point.gpu->source},
                    {"precision", word_of(point.precision)},
                    {"num_envs", point.batch.boards},
                    {"unroll", point.batch.steps},
                    {"minibatch_envs", point.batch.minibatch},
                    {"epochs", point.batch.epochs},
                    {"predicted_inference_steps_per_second", point.steps_per_second()},
                    {"predicted_training_frames_per_second", point.frames_per_second()},
                    {"predicted_update_seconds", point.update_seconds()},
                    {"kernels", kernels}});
  }
  const nlohmann::ordered_json json = {
      {"question", "What should training take on a GPU, by counting?"},
      {"note", "Bounds, not measurements: resources are taken for perfectly busy, side by side, and no time for waiting."},
      {"commit", build_info().commit},
      {"preset", preset},
      {"layers", shape.layers},
      {"ticks", shape.ticks},
      {"channels", shape.channels},
      {"height", shape.height},
      {"width", shape.width},
      {"points", rows}};
  return json.dump(1) + "\n";
}

void print_table(const PredictedPoint& point) {
  const model::Batch& batch = point.batch;
  fmt::print("{} ({})\n{}, {} boards x {} steps, minibatches of {} boards, {} epoch{}\n\n", point.gpu->name,
             point.gpu->source, word_of(point.precision), batch.boards, batch.steps, batch.minibatch, batch.epochs,
             batch.epochs == 1 ? "" : "s");
  fmt::print("{:<33} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}  {}\n", "kernel", "launches", "GFLOP", "DRAM MB",
             "L2 MB", "shared MB", "M instr", "M special", "us", "limit");
  for (std::size_t i = 0; i < point.kernels.size(); ++i) {
    const model::Prediction& time = point.kernels[i];
    const model::Work& work = point.work[i];
    fmt::print("{:<33} {:>8.0f} {:>9.2f} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.2f} {:>9.2f} {:>10.1f}  {}\n", time.kernel,
               work.launches, work.flop / 1e9, time.dram * point.gpu->dram_bytes_per_second / 1e6, work.l2_bytes / 1e6,
               work.shared_bytes / 1e6, work.instructions / 1e6, work.special / 1e6, time.seconds * 1e6, time.limit);
  }
  fmt::print("\ninference {:.2f} M steps/s; training {:.0f} k frames/s, {:.1f} ms an update\n\n",
             point.steps_per_second() / 1e6, point.frames_per_second() / 1e3, point.update_seconds() * 1e3);
}

std::vector<const model::Gpu*> gpus_named(const std::string& name) {
  std::vector<const model::Gpu*> chosen;
  std::string allowed;
  for (const model::Gpu& gpu : model::gpus()) {
    allowed += (allowed.empty() ? "" : ", ") + std::string(gpu.name);
    if (name == "all" || name == gpu.name) chosen.push_back(&gpu);
  }
  if (chosen.empty()) throw BadInput(fmt::format("--gpu: found '{}', takes all or one of {}", name, allowed));
  return chosen;
}

}  // namespace boxwarp
