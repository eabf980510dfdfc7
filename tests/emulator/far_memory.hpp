// The emulator's memory as the engine and the learner see it, and the processor's device with it in place of its own.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/memory.hpp"
#include "emulator/ops.hpp"
#include "host/engine/device.hpp"
#include "host/engine/far_memory.hpp"

namespace boxwarp {
namespace test {

class EmulatedMemory : public FarMemory {
 public:
  void* take(const std::string& what, std::size_t bytes, const std::vector<MemoryPart>&) override {
    forbid("memory taken");
    buffers_.push_back(std::make_unique<emulator::Buffer<std::byte>>(bytes, what));
    buffers_.back()->fill(std::byte{0});
    return buffers_.back()->data();
  }
  std::size_t free_bytes() const override { return std::size_t{1} << 30; }
  void upload(void* to, const void* from, std::size_t bytes) override {
    forbid("an upload");
    write(to, from, bytes);
  }
  void download(void* to, const void* from, std::size_t bytes) override {
    forbid("a download");
    std::memcpy(to, from, bytes);
  }
  void copy(void* to, const void* from, std::size_t bytes) override { write(to, from, bytes); }
  void synchronize() override { forbid("a wait"); }
  std::unique_ptr<Recording> record(const std::string&, const std::function<void()>& work) override {
    return std::make_unique<Replay>(work);
  }

 private:
  class Replay : public Recording {
   public:
    explicit Replay(std::function<void()> work) : work_(std::move(work)) {}
    void launch() override {
      replays_ = true;
      work_();
      replays_ = false;
    }

   private:
    std::function<void()> work_;
  };

  static void forbid(const char* what) {
    if (replays_) throw std::logic_error(std::string(what) + " inside of recorded work");
  }
  static void write(void* to, const void* from, std::size_t bytes) {
    std::memcpy(to, from, bytes);
    emulator::written_by_host(to, bytes);
  }

  static inline bool replays_ = false;
  std::vector<std::unique_ptr<emulator::Buffer<std::byte>>> buffers_;
};

inline Device emulated_device(emulator::Schedule schedule) {
  Device device = open_device("cpu", 1);
  device.executor = std::make_shared<emulated::DeviceExecutor>(schedule);
  device.env = &emulated::env_ops();
  device.far_memory = [](Executor&) -> std::unique_ptr<FarMemory> { return std::make_unique<EmulatedMemory>(); };
  return device;
}

}  // namespace test
}  // namespace boxwarp
