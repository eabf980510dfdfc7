// Memory where a device's operations work: its own where it has some, else the program's; and what moves between the two.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "host/engine/device.hpp"
#include "host/engine/memory_plan.hpp"

namespace boxwarp {

class WorkMemory {
 public:
  explicit WorkMemory(const Device& device);

  // One zeroed block for all arrays of the plan, which then know their places. It lives as long as this object. Throws
  // DeviceError with the sizes needed where it does not fit.
  void take(const MemoryPlan& plan);

  bool is_far() const { return far_ != nullptr; }
  // What a device could still give; nothing for the program's own memory.
  std::optional<std::size_t> free_bytes() const;

  // to: (values.size()). In the order of the device's work.
  template <class T>
  void upload(T* to, std::span<const T> values) {
    upload_bytes(to, values.data(), values.size_bytes());
  }
  template <class T>
  void upload(T* to, const T& value) {
    upload(to, std::span<const T>(&value, 1));
  }
  // Waits for the device. Throws what its kernels reported.
  template <class T>
  std::vector<T> values(const T* from, std::size_t count) const {
    std::vector<T> result(count);
    download_bytes(result.data(), from, count * sizeof(T));
    return result;
  }
  // From one place to another that does not overlap it. In the order of the device's work; can be recorded.
  void copy(void* to, const void* from, std::size_t bytes) const;

 private:
  void upload_bytes(void* to, const void* from, std::size_t bytes);
  void download_bytes(void* to, const void* from, std::size_t bytes) const;

  struct Free {
    void operator()(std::byte* block) const;
  };
  std::unique_ptr<FarMemory> far_;
  std::vector<std::unique_ptr<std::byte, Free>> near_;
};

}  // namespace boxwarp
