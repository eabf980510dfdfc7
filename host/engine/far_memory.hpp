// Memory that a device's operations work in where that is not the processor's own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "kernels/executor.hpp"

namespace boxwarp {

// Owns what it hands out; all of it goes when it goes. Copies wait for the work that was launched before them.
class FarMemory {
 public:
  virtual ~FarMemory() = default;
  // Zeroed, aligned to 256 bytes, never null for bytes > 0. Throws DeviceError with the size needed where it does not fit.
  virtual void* take(std::size_t bytes, const std::string& name) = 0;
  virtual void upload(void* to, const void* from, std::size_t bytes) = 0;
  // Throws what kernels reported since the last call (a bad action: BadInput; a failure: DeviceError).
  virtual void download(void* to, const void* from, std::size_t bytes) = 0;
};

// Makes the memory of the device that an executor stands for; null where that is the processor's.
using MakeFarMemory = std::unique_ptr<FarMemory> (*)(Executor&);

}  // namespace boxwarp
