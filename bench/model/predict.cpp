#include "bench/model/predict.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace boxwarp::model {

namespace {

// Boards on the busiest multiprocessor.
double busiest(const Work& work, const Gpu& gpu) { return std::ceil(work.boards / gpu.multiprocessors); }

// Work of whole boards takes as long as the busiest multiprocessor.
double imbalance(const Work& work, const Gpu& gpu) {
  return work.boards <= 0 ? 1 : busiest(work, gpu) / (work.boards / gpu.multiprocessors);
}

// Boards that a multiprocessor holds side by side: no more than it has to, than registers and than shared memory allow.
double resident(const Work& work, const Gpu& gpu) {
  if (work.boards <= 0) return 1;
  const double room = static_cast<double>(gpu.shared_capacity) - work.common_shared_bytes;
  const double fit = std::floor(room / std::max(1.0, work.board_shared_bytes));
  return std::max(1.0, std::min({busiest(work, gpu), work.most_resident, fit}));
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
                    .l2 = (work.l2_bytes + work.common_l2_bytes / resident(work, gpu)) / gpu.l2_bytes_per_second,
                    .dram = work.dram_bytes / gpu.dram_bytes_per_second,
                    .serial = 0,
                    .launches = work.launches * kLaunchSeconds};
  if (work.cached_set > gpu.l2_bytes / 2) result.dram += work.cached_bytes / gpu.dram_bytes_per_second;
  if (work.boards > 0) {
    // Products overlap with the loads of their operands; gates follow them.
    const double beside = result.instructions - waste * work.product_instructions / (clocks * gpu.instructions);
    const double all = std::max(result.tensor, result.shared) + std::max(result.special, beside);
    const double boards = busiest(work, gpu);
    result.serial = all / boards * std::ceil(boards / resident(work, gpu));
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
