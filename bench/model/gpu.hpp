// What GPUs can do, as the performance model sees them.
#pragma once

#include <span>
#include <string>

namespace boxwarp::model {

struct Gpu {
  const char* name;
  int multiprocessors;
  double clock_hz;  // under load
  // Of one multiprocessor and clock.
  double tensor_flop;     // mma.sync of bf16 with float sums
  double warpgroup_flop;  // wgmma of the same; 0: has none
  double special_lanes;   // exponential, reciprocal, root, tanh
  double double_lanes;    // multiply-adds in double
  double instructions;    // of warps
  double shared_bytes;    // read or written
  // Of the whole GPU.
  double dram_bytes_per_second;  // that copies reach
  double l2_bytes_per_second;    // that reads reach
  double l2_bytes;
  std::size_t shared_capacity;  // of a multiprocessor
  const char* source;           // of these figures
};

// H200, H100, A100, RTX 4090. Figures that nobody has measured here are marked in `source`.
std::span<const Gpu> gpus();

}  // namespace boxwarp::model
