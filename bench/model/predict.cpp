#include "bench/model/predict.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace boxwarp::model {

namespace {

// Work of whole boards takes as long as the busiest multiprocessor.
double imbalance(const Work& work, const Gpu& gpu) {
  if (work.blocks <= 0) return 1;
  const double even = work.blocks / gpu.multiprocessors;
  return std::ceil(even) / even;
}

// Boards that a multiprocessor holds at the same time: as many as its shared memory has room for.
double resident(const Work& work, const Gpu& gpu) {
  return std::max(1.0, std::floor(static_cast<double>(gpu.shared_capacity) / std::max(1.0, work.block_shared_bytes)));
}

}  // namespace

Prediction predict(const Work& work, const Gpu& gpu) {
  const double clocks = gpu.multiprocessors * gpu.clock_hz, waste = imbalance(work, gpu);
  Prediction result{.kernel = work.kernel,
                    .seconds = 0,
                    .limit = "",
                    .tensor = waste * work.tensor_flop / (clocks * gpu.tensor_flop),
                    .special = waste * work.special / (clocks * gpu.special_lanes),
                    .doubles = waste * work.doubles / (clocks * gpu.double_lanes),
                    .instructions = waste * work.instructions / (clocks * gpu.instructions),
                    .shared = waste * work.shared_bytes / (clocks * gpu.shared_bytes),
                    .l2 = work.l2_bytes / gpu.l2_bytes_per_second,
                    .dram = work.dram_bytes / gpu.dram_bytes_per_second,
                    .serial = 0,
                    .launches = work.launches * kLaunchSeconds};
  if (work.cached_set > gpu.l2_bytes / 2) result.dram += work.cached_bytes / gpu.dram_bytes_per_second;
  if (work.blocks > 0) {
    // Products overlap with the loads of their operands; gates follow them.
    const double one = std::max(result.tensor, result.shared) + std::max(result.special, result.instructions);
    const double boards = std::ceil(work.blocks / gpu.multiprocessors);
    result.serial = one / boards * std::ceil(boards / resident(work, gpu));
  }
  const std::pair<double, const char*> resources[] = {{result.tensor, "tensor cores"},
                                                      {result.special, "special functions"},
                                                      {result.doubles, "doubles"},
                                                      {result.instructions, "instructions"},
                                                      {result.shared, "shared memory"},
                                                      {result.l2, "L2"},
                                                      {result.dram, "DRAM"},
                                                      {result.serial, "one board at a time"},
                                                      {result.launches, "launches"}};
  const auto longest = std::ranges::max_element(resources, {}, &std::pair<double, const char*>::first);
  result.seconds = longest->first;
  result.limit = longest->second;
  return result;
}

Total total(std::span<const Prediction> predictions) {
  Total sum{0};
  for (const Prediction& prediction : predictions) sum.seconds += prediction.seconds;
  return sum;
}

}  // namespace boxwarp::model
