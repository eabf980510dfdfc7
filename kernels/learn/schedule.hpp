// How a rate changes over a run.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

enum class Schedule : std::uint8_t { constant, linear, cosine };

// A rate that goes from start to end over `updates` updates and stays there; before that it grows evenly from zero over
// `warm_up` updates, which count among the others.
struct Rate {
  Schedule schedule;
  double start, end;
  std::int64_t updates, warm_up;
};

// Before update number `update`, counted from 0.
HOST_DEVICE inline double rate_at(const Rate& rate, std::int64_t update) {
  [[maybe_unused]] constexpr double pi = 3.14159265358979323846;
  const double share = update < rate.updates ? static_cast<double>(update) / static_cast<double>(rate.updates) : 1.0;
  double value = rate.start;
  if (rate.schedule == Schedule::linear) value = rate.start + share * (rate.end - rate.start);
  if (rate.schedule == Schedule::cosine) {
#if defined(__CUDA_ARCH__)
    const double cosine = cospi(share);  // cos would keep a table of pi in local memory
#else
    const double cosine = cos(pi * share);
#endif
    value = rate.end + (rate.start - rate.end) * 0.5 * (1.0 + cosine);
  }
  if (update < rate.warm_up) value *= static_cast<double>(update + 1) / static_cast<double>(rate.warm_up + 1);
  return value;
}

}  // namespace boxwarp
