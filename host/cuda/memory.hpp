// Memory of a GPU: owned blocks, and what is said about their sizes.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "host/engine/memory_plan.hpp"

namespace boxwarp {

// Owns one block of the GPU that is current where it is made, aligned to 256 bytes and zeroed. No block: 0 bytes and null.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  // what, parts: for the message. Throws DeviceError, which says how much is needed and how much is free where it does not
  // fit.
  DeviceMemory(std::size_t bytes, const std::string& what, const std::vector<MemoryPart>& parts = {});
  ~DeviceMemory();
  DeviceMemory(DeviceMemory&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  void* get() const { return memory_; }
  std::size_t bytes() const { return bytes_; }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

std::size_t device_bytes_in_use();  // of all blocks that this process owns now, on all GPUs

struct FreeMemory {
  std::size_t free_bytes, total_bytes;
};
FreeMemory device_free_memory();  // of the current GPU. Throws DeviceError.

// "rollout: 3.00 GiB of device memory needed (boards 1.00 GiB, states 2.00 GiB), 1.50 GiB of 24.00 GiB free"
std::string does_not_fit_text(const std::string& what, std::size_t bytes, const std::vector<MemoryPart>& parts,
                              FreeMemory memory);

}  // namespace boxwarp
