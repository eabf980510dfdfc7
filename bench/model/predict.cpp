#include "bench/model/predict.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace boxwarp::model {

namespace {

// Of equal blocks, dealt out to multiprocessors that have room for some side by side.
struct Dealt {
  double waves;  // blocks one after another
  double waste;  // what the busiest multiprocessor gets, as a multiple of an equal share

  Dealt(const Work& work, const Gpu& gpu) : waves(0), waste(1) {
    if (work.blocks <= 0) return;
    const double room = gpu.multiprocessors * work.side_by_side, full = std::floor(work.blocks / room);
    const double left = work.blocks - full * room;
    waves = full + (left > 0 ? 1 : 0);
    const double busiest = full * work.side_by_side + std::ceil(left / gpu.multiprocessors);
    waste = busiest * gpu.multiprocessors / work.blocks;
  }
};

// Of one multiprocessor.
double tensor_clocks(const Work& work, const Gpu& gpu) {
  const double by_mma = (work.tensor_flop - work.warpgroup_flop) / gpu.tensor_flop;
  if (work.warpgroup_flop == 0) return by_mma;
  if (gpu.warpgroup_flop == 0) throw std::invalid_argument(work.kernel + ": " + gpu.name + " has no wgmma");
  return by_mma + work.warpgroup_flop / gpu.warpgroup_flop;
}

}  // namespace

Prediction predict(const Work& work, const Gpu& gpu) {
  const double clocks = gpu.multiprocessors * gpu.clock_hz;
  const auto [waves, waste] = Dealt(work, gpu);
  Prediction result{.kernel = work.kernel,
                    .seconds = 0,
                    .limit = "",
                    .tensor = waste * tensor_clocks(work, gpu) / clocks,
                    .special = waste * work.special / (clocks * gpu.special_lanes),
                    .doubles = waste * work.doubles / (clocks * gpu.double_lanes),
                    .instructions = waste * work.instructions / (clocks * gpu.instructions),
                    .shared = waste * work.shared_bytes / (clocks * gpu.shared_bytes),
                    .l2 = work.l2_bytes / gpu.l2_bytes_per_second,
                    .dram = work.dram_bytes / gpu.dram_bytes_per_second,
                    .serial = 0,
                    .launches = work.launches * kLaunchSeconds};
  if (work.cached_set > gpu.l2_bytes / 2) result.dram += work.cached_bytes / gpu.dram_bytes_per_second;
  if (work.in_phases) {
    // Products overlap with the loads of their operands; gates follow them.
    const double beside = result.instructions - waste * work.product_instructions / (clocks * gpu.instructions);
    const double all = std::max(result.tensor, result.shared) + std::max(result.special, beside);
    result.serial = all / waste * waves * gpu.multiprocessors / work.blocks;
  }
  const std::pair<double, const char*> resources[] = {{result.tensor, "tensor cores"},
                                                      {result.special, "special functions"},
                                                      {result.doubles, "doubles"},
                                                      {result.instructions, "instructions"},
                                                      {result.shared, "shared memory"},
                                                      {result.l2, "L2"},
                                                      {result.dram, "DRAM"},
                                                      {result.serial, "phases of a block"},
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
