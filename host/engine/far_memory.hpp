// Memory that a device's operations work in where that is not the processor's own, and work of the device recorded.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/engine/memory_plan.hpp"
#include "kernels/executor.hpp"

namespace boxwarp {

// Work that is launched as a whole, again and again.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void launch() = 0;  // once more, behind what was launched before; does not wait
};

// Owns what it hands out; all of it goes when it goes. Everything happens in the order of the executor's work.
class FarMemory {
 public:
  virtual ~FarMemory() = default;
  // Zeroed, aligned to 256 bytes, never null for bytes > 0; what, parts: for the message. Throws DeviceError with the size
  // needed where it does not fit.
  virtual void* take(const std::string& what, std::size_t bytes, const std::vector<MemoryPart>& parts) = 0;
  virtual std::size_t free_bytes() const = 0;  // that the device could still give
  // `from` may change when this returns.
  virtual void upload(void* to, const void* from, std::size_t bytes) = 0;
  // Waits. Throws what kernels reported since the last wait (a bad action: BadInput; a failure: DeviceError).
  virtual void download(void* to, const void* from, std::size_t bytes) = 0;
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;  // from far memory to far memory; does not wait
  virtual void synchronize() = 0;                                        // waits and throws as download does
  // Launches of operations that `work` makes; it may neither take memory nor wait. What they name must outlive the
  // recording.
  virtual std::unique_ptr<Recording> record(const std::string& name, const std::function<void()>& work) = 0;
};

// Makes the memory of the device that an executor stands for; null where that is the processor's.
using MakeFarMemory = std::unique_ptr<FarMemory> (*)(Executor&);

}  // namespace boxwarp
