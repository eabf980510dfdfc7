// Arrays in a GPU's memory, for the checks that emulator and GPU share.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "host/cuda/buffer.hpp"
#include "host/cuda/executor.hpp"

namespace boxwarp::test {

// The buffers' way to the GPU; set while a test runs.
inline CudaExecutor* current = nullptr;

struct GpuMemory {
  template <class T>
  class Buffer {
   public:
    Buffer(std::size_t count, const std::string& name) : memory_(count, name) {}
    explicit Buffer(std::size_t count) : memory_(count) {}

    T* data() const { return memory_.data(); }
    void copy_from(std::span<const T> values) {
      memory_.upload(current->queue(), values);
      current->synchronize();
    }
    void fill(const T& value) { copy_from(std::vector<T>(memory_.size(), value)); }
    std::vector<T> values() const {
      std::vector<T> values(memory_.size());
      memory_.download(current->queue(), values);
      current->synchronize();
      return values;
    }

   private:
    DeviceBuffer<T> memory_;
  };
};

}  // namespace boxwarp::test
