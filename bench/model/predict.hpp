// How long counted work takes on a GPU, and what it waits for.
#pragma once

#include <span>
#include <string>

#include "bench/model/gpu.hpp"
#include "bench/model/work.hpp"

namespace boxwarp::model {

struct Prediction {
  std::string kernel;
  double seconds;     // of all launches
  const char* limit;  // the resource that takes longest: "tensor cores", "special functions", "doubles", "instructions",
                      // "shared memory", "L2", "DRAM", "phases of a block", "launches"
  // Seconds of each resource by itself.
  double tensor, special, doubles, instructions, shared, l2, dram, serial, launches;
};

// A resource is taken for perfectly busy, and all of them for working side by side, save that
// - blocks are dealt out whole, so the last ones may leave multiprocessors idle;
// - a block whose warps go through products, gates and other instructions together takes these one after another ("phases of
//   a block"); only blocks beside it fill the gaps;
// - launches of a graph follow one another at kLaunchSeconds or more.
Prediction predict(const Work& work, const Gpu& gpu);

inline constexpr double kLaunchSeconds = 2e-6;  // assumed

struct Total {
  double seconds;
  double share(const Prediction& of) const { return of.seconds / seconds; }
};
Total total(std::span<const Prediction> predictions);

}  // namespace boxwarp::model
