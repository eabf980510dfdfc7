#include "bench/model/gpu.hpp"

namespace boxwarp::model {

namespace {

constexpr double kKiB = 1024, kMiB = 1024 * 1024;

// Of Hopper's wgmma, which alone reaches the data sheet's peak, and what mma.sync gets of that; elsewhere it gets all.
constexpr double kHopperFlop = 4096, kMmaShare = 0.6;

// What H100 and H200 share; they differ in their memory.
constexpr Gpu hopper(const char* name, double dram_bytes_per_second, const char* source) {
  return {.name = name,
          .multiprocessors = 132,
          .clock_hz = 1.7e9,
          .tensor_flop = kMmaShare * kHopperFlop,
          .warpgroup_flop = kHopperFlop,
          .special_lanes = 16,
          .double_lanes = 64,
          .instructions = 4,
          .shared_bytes = 128,
          .dram_bytes_per_second = dram_bytes_per_second,
          .l2_bytes_per_second = 5.5e12,
          .l2_bytes = 50 * kMiB,
          .shared_capacity = static_cast<std::size_t>(227 * kKiB),
          .source = source};
}

constexpr Gpu kGpus[] = {
    hopper("H200", 4.3e12, "copies as measured elsewhere; clock, wgmma at 100 %, mma.sync at 60 % and L2 assumed"),
    hopper("H100", 0.9 * 3.35e12,
           "data sheet (SXM5), copies at 90 %; clock, wgmma at 100 %, mma.sync at 60 % and L2 assumed"),
    {.name = "A100",
     .multiprocessors = 108,
     .clock_hz = 1.35e9,
     .tensor_flop = 2048,
     .warpgroup_flop = 0,
     .special_lanes = 16,
     .double_lanes = 32,
     .instructions = 4,
     .shared_bytes = 128,
     .dram_bytes_per_second = 0.9 * 2.039e12,
     .l2_bytes_per_second = 4.0e12,
     .l2_bytes = 40 * kMiB,
     .shared_capacity = static_cast<std::size_t>(163 * kKiB),
     .source = "data sheet (SXM4, 80 GB), copies at 90 %; clock and L2 assumed"},
    {.name = "RTX 4090",
     .multiprocessors = 128,
     .clock_hz = 2.52e9,
     .tensor_flop = 512,
     .warpgroup_flop = 0,
     .special_lanes = 16,
     .double_lanes = 2,
     .instructions = 4,
     .shared_bytes = 128,
     .dram_bytes_per_second = 0.9 * 1.008e12,
     .l2_bytes_per_second = 4.5e12,
     .l2_bytes = 72 * kMiB,
     .shared_capacity = static_cast<std::size_t>(99 * kKiB),
     .source = "data sheet, copies at 90 %; L2 assumed"},
};

}  // namespace

std::span<const Gpu> gpus() { return kGpus; }

}  // namespace boxwarp::model
