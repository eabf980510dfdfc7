// Where operations run: each backend derives its own (a pool of threads, a CUDA stream) and casts back what it is given.
#pragma once

#include <cstddef>
#include <stdexcept>

namespace boxwarp {

class Executor {
 public:
  virtual ~Executor() = default;
};

// What a device gives to kernels whose blocks are as large as it allows.
struct DeviceLimits {
  int multiprocessors;
  std::size_t shared_bytes;  // of a block that asks for more than the usual
  bool warpgroups = false;   // has wgmma, and there is code for it (kernels/warpgroup.cuh)
};

// The device that was asked for is missing, or it failed. Ends the command with status 3.
struct DeviceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace boxwarp
