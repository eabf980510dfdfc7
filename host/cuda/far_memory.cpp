// A GPU's memory as the engine sees it.
#include "host/engine/far_memory.hpp"

#include <vector>

#include "host/cuda/backend.hpp"
#include "host/cuda/executor.hpp"
#include "host/cuda/memory.hpp"

namespace boxwarp {

namespace {

class CudaFarMemory : public FarMemory {
 public:
  explicit CudaFarMemory(CudaExecutor& executor) : executor_(executor) {}

  void* take(std::size_t bytes, const std::string& name) override {
    blocks_.emplace_back(bytes, name);
    return blocks_.back().get();
  }
  void upload(void* to, const void* from, std::size_t bytes) override {
    executor_.queue().copy(to, from, bytes);
    executor_.queue().synchronize();  // the caller may change its memory after this
  }
  void download(void* to, const void* from, std::size_t bytes) override {
    executor_.queue().copy(to, from, bytes);
    executor_.synchronize();
  }

 private:
  CudaExecutor& executor_;
  std::vector<DeviceMemory> blocks_;
};

}  // namespace

std::unique_ptr<FarMemory> cuda_far_memory(Executor& executor) {
  return std::make_unique<CudaFarMemory>(dynamic_cast<CudaExecutor&>(executor));
}

}  // namespace boxwarp
