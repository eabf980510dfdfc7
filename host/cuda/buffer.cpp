#include "host/cuda/buffer.hpp"

#include <fmt/format.h>

#include <cstring>

#include "host/cuda/check.hpp"

namespace boxwarp::detail {

void same_size(std::size_t here, std::size_t there) {
  if (here != there)
    throw std::invalid_argument(fmt::format("copy between {} elements on the device and {} on the host", here, there));
}

void* pinned(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  void* memory = nullptr;
  CUDA_CHECK(cudaMallocHost(&memory, bytes));
  std::memset(memory, 0, bytes);
  return memory;
}

void unpin(void* memory) noexcept {
  if (memory != nullptr) static_cast<void>(cudaFreeHost(memory));  // a destructor has nobody to tell
}

}  // namespace boxwarp::detail
