// What each kernel of rollout and learner should take on a GPU, by counting: part of boxwarp bench net.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/model/predict.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

// One batch on one GPU.
struct PredictedPoint {
  const model::Gpu* gpu;
  Precision precision;
  model::Batch batch;
  std::vector<model::Work> work;
  std::vector<model::Prediction> kernels;
  double inference_seconds;  // a forward of one step for all boards

  double update_seconds() const { return model::total(kernels).seconds; }
  double frames_per_second() const { return batch.boards * static_cast<double>(batch.steps) / update_seconds(); }
  double steps_per_second() const { return batch.boards / inference_seconds; }
};

PredictedPoint predicted_point(const NetShape& shape, const model::Batch& batch, const model::Gpu& gpu, Precision precision);

// "all", or the name of one. Throws BadInput, which names --gpu.
std::vector<const model::Gpu*> gpus_named(const std::string& name);

std::string as_json(std::span<const PredictedPoint> points, const std::string& preset, const NetShape& shape);
void print_table(const PredictedPoint& point);

}  // namespace boxwarp
