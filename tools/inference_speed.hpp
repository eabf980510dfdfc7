// How many steps a second a network runs for boards that play, without environments.
#pragma once

#include <vector>

#include "host/engine/device.hpp"
#include "kernels/net/net.hpp"
#include "tools/bench_samples.hpp"

namespace boxwarp {

struct InferencePoint {
  int boards;
  std::size_t memory_bytes;     // of the network and what it reads and writes
  std::vector<double> samples;  // steps a second of all boards, ascending
  double median() const { return boxwarp::median(samples); }
};

// Forwards of one step, each from the state that the one before left; on a device recorded, several at a time. Weights are
// those of the initialisation, cells random.
InferencePoint measured_inference(const NetShape& shape, int boards, const Device& device, const NetMode& mode,
                                  double seconds);

}  // namespace boxwarp
