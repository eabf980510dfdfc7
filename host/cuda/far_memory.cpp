// A GPU's memory as the engine sees it.
#include "host/engine/far_memory.hpp"

#include <cstring>
#include <optional>
#include <vector>

#include "host/cuda/backend.hpp"
#include "host/cuda/buffer.hpp"
#include "host/cuda/current.hpp"
#include "host/cuda/event.hpp"
#include "host/cuda/executor.hpp"
#include "host/cuda/graph.hpp"
#include "host/cuda/memory.hpp"

namespace boxwarp {

namespace {

class CudaRecording : public Recording {
 public:
  CudaRecording(const CudaExecutor& executor, const std::string& name, const std::function<void()>& work)
      : executor_(executor), graph_(name, executor.queue(), work) {}
  void launch() override {
    const Current there(executor_);
    graph_.launch(executor_.queue());
  }

 private:
  const CudaExecutor& executor_;
  CudaGraph graph_;
};

class CudaFarMemory : public FarMemory {
 public:
  explicit CudaFarMemory(CudaExecutor& executor) : executor_(executor) {}

  void* take(const std::string& what, std::size_t bytes, const std::vector<MemoryPart>& parts) override {
    const Current there(executor_);
    blocks_.emplace_back(bytes, what, parts);
    return blocks_.back().get();
  }

  std::size_t free_bytes() const override {
    const Current there(executor_);
    return device_free_memory().free_bytes;
  }

  void upload(void* to, const void* from, std::size_t bytes) override {
    const Current there(executor_);
    if (bytes > kStaged) {
      executor_.queue().copy(to, from, bytes);
      executor_.queue().synchronize();
      return;
    }
    // Through pinned memory of our own, one behind the other: nobody waits for the GPU but who finds it full.
    if (!last_upload_) {
      staged_ = PinnedBuffer<std::byte>(kStaged);
      last_upload_.emplace();
    }
    if (bytes > kStaged - staged_bytes_) {
      last_upload_->synchronize();
      staged_bytes_ = 0;
    }
    std::byte* const staged = staged_.data() + staged_bytes_;
    std::memcpy(staged, from, bytes);
    executor_.queue().copy(to, staged, bytes);
    last_upload_->record(executor_.queue());
    staged_bytes_ += bytes;
  }

  void download(void* to, const void* from, std::size_t bytes) override {
    const Current there(executor_);
    executor_.queue().copy(to, from, bytes);
    executor_.synchronize();
  }

  void copy(void* to, const void* from, std::size_t bytes) override {
    const Current there(executor_);
    executor_.queue().copy(to, from, bytes);
  }
  void synchronize() override { executor_.synchronize(); }

  std::unique_ptr<Recording> record(const std::string& name, const std::function<void()>& work) override {
    const Current there(executor_);
    return std::make_unique<CudaRecording>(executor_, name, work);
  }

 private:
  static constexpr std::size_t kStaged = std::size_t{4} << 20;  // larger ones take longer than the wait

  CudaExecutor& executor_;
  std::vector<DeviceMemory> blocks_;
  PinnedBuffer<std::byte> staged_;
  std::size_t staged_bytes_ = 0;  // of uploads that may still be under way
  std::optional<CudaEvent> last_upload_;
};

}  // namespace

std::unique_ptr<FarMemory> cuda_far_memory(Executor& executor) {
  return std::make_unique<CudaFarMemory>(dynamic_cast<CudaExecutor&>(executor));
}

}  // namespace boxwarp
