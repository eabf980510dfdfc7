// The GPU of an executor, current as long as this lives.
#pragma once

#include "host/cuda/check.hpp"
#include "kernels/current_device.hpp"
#include "kernels/device_executor.hpp"

namespace boxwarp {

class Current {
 public:
  // Throws DeviceError.
  explicit Current(int index) : device_(index) { cuda_check(device_.error(), "cudaSetDevice(index)", __FILE__, __LINE__); }
  explicit Current(const DeviceExecutor& executor) : Current(executor.index()) {}

 private:
  CurrentDevice device_;
};

}  // namespace boxwarp
