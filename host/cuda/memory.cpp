#include "host/cuda/memory.hpp"

#include <fmt/format.h>

#include <atomic>

#include "host/cuda/check.hpp"
#include "kernels/executor.hpp"

namespace boxwarp {

namespace {

std::atomic<std::size_t> g_bytes_in_use{0};

// What does not fit is told with sizes, every other failure as it comes.
void* taken(std::size_t bytes, const std::string& what, const std::vector<MemoryPart>& parts) {
  void* memory = nullptr;
  const cudaError_t result = cudaMalloc(&memory, bytes);
  if (result == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());
    throw DeviceError(does_not_fit_text(what, bytes, parts, device_free_memory()));
  }
  cuda_check(result, "cudaMalloc(&memory, bytes)", __FILE__, __LINE__);
  return memory;
}

}  // namespace

DeviceMemory::DeviceMemory(std::size_t bytes, const std::string& what, const std::vector<MemoryPart>& parts) {
  if (bytes == 0) return;
  DeviceMemory memory;  // gives the block back if zeroing throws
  memory.memory_ = taken(bytes, what, parts);
  memory.bytes_ = bytes;
  g_bytes_in_use += bytes;
  CUDA_CHECK(cudaMemset(memory.memory_, 0, bytes));
  CUDA_CHECK(cudaStreamSynchronize(cudaStreamLegacy));  // streams that do not wait for the default one must see the zeros
  *this = std::move(memory);
}

DeviceMemory::~DeviceMemory() {
  if (memory_ == nullptr) return;
  g_bytes_in_use -= bytes_;
  static_cast<void>(cudaFree(memory_));  // a destructor has nobody to tell
}

std::size_t device_bytes_in_use() { return g_bytes_in_use; }

FreeMemory device_free_memory() {
  FreeMemory memory{};
  CUDA_CHECK(cudaMemGetInfo(&memory.free_bytes, &memory.total_bytes));
  return memory;
}

}  // namespace boxwarp
