// Where the time of a device's work goes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/executor.hpp"

namespace boxwarp {

struct KernelTime {
  std::string name;  // as its launch has it
  int launches;
  double seconds;  // of all of them, on the device
};

struct Profile {
  double seconds;                   // from the first launch to the end of the last
  std::vector<KernelTime> kernels;  // in the order of their first launches
};

// Does the work once, each launch timed by itself, and waits for it. Between launches lies what timing them takes, some
// microseconds each, so that the kernels' sum is less than the whole.
using ProfileWork = Profile (*)(Executor&, const std::function<void()>& work);

}  // namespace boxwarp
