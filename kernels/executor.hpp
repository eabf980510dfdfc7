// Where operations run: each backend derives its own (a pool of threads, a CUDA stream) and casts back what it is given.
#pragma once

#include <stdexcept>

namespace boxwarp {

class Executor {
 public:
  virtual ~Executor() = default;
};

// The device that was asked for is missing, or it failed. Ends the command with status 3.
struct DeviceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace boxwarp
