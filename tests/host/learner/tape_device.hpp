// The processor as a device with memory of its own that records: what a recording is made of are the operations with their
// arguments as they were then, so nothing that changes on the host between launches can reach them, as on a GPU.
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "host/cpu/operations.hpp"
#include "host/cpu/thread_pool.hpp"
#include "host/engine/device.hpp"
#include "kernels/sokoban/reverse_play.hpp"

namespace boxwarp::test {

// What was asked of the device, and what must not happen while it records.
class Tape : public ThreadPool {
 public:
  using ThreadPool::ThreadPool;

  int recordings = 0, launches = 0, waits = 0;
  std::size_t blocks = 0, bytes = 0, room = std::size_t{1} << 40;  // taken, and what is free

  template <class Work>
  void go(Work&& work) {
    if (recording_ != nullptr)
      recording_->emplace_back(std::forward<Work>(work));
    else
      work();
  }
  void forbid(const char* what) const {
    if (recording_ != nullptr) throw std::logic_error(std::string(what) + " inside of a recording");
  }
  std::vector<std::function<void()>> record(const std::function<void()>& work) {
    forbid("a recording");
    std::vector<std::function<void()>> works;
    recording_ = &works;
    try {
      work();
    } catch (...) {
      recording_ = nullptr;
      throw;
    }
    recording_ = nullptr;
    ++recordings;
    return works;
  }

 private:
  std::vector<std::function<void()>>* recording_ = nullptr;
};

// A member of the processor's table, on a tape.
template <auto kMember, auto kTable>
struct Taped;
template <class Table, class... Arguments, void (*Table::*kMember)(Executor&, Arguments...), auto kTable>
struct Taped<kMember, kTable> {
  static void call(Executor& executor, Arguments... arguments) {
    Tape& tape = dynamic_cast<Tape&>(executor);
    tape.go([&tape, kept = std::tuple<std::decay_t<Arguments>...>(arguments...)] {
      std::apply([&tape](const auto&... each) { (kTable().*kMember)(tape, each...); }, kept);
    });
  }
};

class TapedNetwork : public Network {
 public:
  TapedNetwork(Tape& tape, std::unique_ptr<Network> network) : tape_(tape), network_(std::move(network)) {}
  void load(const float* parameters) override {
    tape_.go([this, parameters] { network_->load(parameters); });
  }
  void forward(const UnrollView& unroll, bool keep) override {
    tape_.go([this, unroll, keep] { network_->forward(unroll, keep); });
  }
  void backward(const UnrollView& unroll, const UnrollGradientView& gradient) override {
    tape_.go([this, unroll, gradient] { network_->backward(unroll, gradient); });
  }
  std::size_t memory_bytes() const override { return network_->memory_bytes(); }

 private:
  Tape& tape_;
  std::unique_ptr<Network> network_;
};

class TapeMemory : public FarMemory {
 public:
  explicit TapeMemory(Tape& tape) : tape_(tape) {}

  void* take(const std::string&, std::size_t bytes, const std::vector<MemoryPart>&) override {
    tape_.forbid("memory taken");
    ++tape_.blocks;
    tape_.bytes += bytes;
    blocks_.emplace_back(static_cast<std::byte*>(::operator new(bytes, kAlignment)));
    std::memset(blocks_.back().get(), 0, bytes);
    return blocks_.back().get();
  }
  std::size_t free_bytes() const override { return tape_.room; }
  void upload(void* to, const void* from, std::size_t bytes) override {
    tape_.forbid("an upload");
    std::memcpy(to, from, bytes);
  }
  void download(void* to, const void* from, std::size_t bytes) override {
    tape_.forbid("a download");
    ++tape_.waits;
    std::memcpy(to, from, bytes);
  }
  void copy(void* to, const void* from, std::size_t bytes) override {
    tape_.go([to, from, bytes] { std::memcpy(to, from, bytes); });
  }
  void synchronize() override {
    tape_.forbid("a wait");
    ++tape_.waits;
  }
  std::unique_ptr<Recording> record(const std::string&, const std::function<void()>& work) override {
    return std::make_unique<Works>(tape_, tape_.record(work));
  }

 private:
  static constexpr std::align_val_t kAlignment{256};
  struct Free {
    void operator()(std::byte* block) const { ::operator delete(block, kAlignment); }
  };
  class Works : public Recording {
   public:
    Works(Tape& tape, std::vector<std::function<void()>> works) : tape_(tape), works_(std::move(works)) {}
    void launch() override {
      ++tape_.launches;
      for (const auto& work : works_) work();
    }

   private:
    Tape& tape_;
    std::vector<std::function<void()>> works_;
  };

  Tape& tape_;
  std::vector<std::unique_ptr<std::byte, Free>> blocks_;
};

namespace detail {

template <auto kMember>
constexpr auto taped_env() {
  return Taped<kMember, cpu_env_ops>::call;
}
template <auto kMember>
constexpr auto taped_learn() {
  return Taped<kMember, cpu_learn_ops>::call;
}

inline const EnvOps& env_ops() {
  static const EnvOps ops{.reset = taped_env<&EnvOps::reset>(),
                          .step = taped_env<&EnvOps::step>(),
                          .step_series = nullptr,
                          .step_many = taped_env<&EnvOps::step_many>(),
                          .render = taped_env<&EnvOps::render>(),
                          .generate = taped_env<&EnvOps::generate>(),
                          .generate_bytes = cpu_env_ops().generate_bytes,
                          .random_actions = taped_env<&EnvOps::random_actions>()};
  return ops;
}

inline const LearnOps& learn_ops() {
  static const LearnOps ops{.workspace_bytes = cpu_learn_ops().workspace_bytes,
                            .begin_update = taped_learn<&LearnOps::begin_update>(),
                            .end_update = taped_learn<&LearnOps::end_update>(),
                            .sample = taped_learn<&LearnOps::sample>(),
                            .record = taped_learn<&LearnOps::record>(),
                            .shuffle = taped_learn<&LearnOps::shuffle>(),
                            .gather = taped_learn<&LearnOps::gather>(),
                            .vtrace_loss = taped_learn<&LearnOps::vtrace_loss>(),
                            .gae = taped_learn<&LearnOps::gae>(),
                            .normalise = taped_learn<&LearnOps::normalise>(),
                            .ppo_loss = taped_learn<&LearnOps::ppo_loss>(),
                            .add_scaled = taped_learn<&LearnOps::add_scaled>(),
                            .norm = taped_learn<&LearnOps::norm>(),
                            .adam = taped_learn<&LearnOps::adam>()};
  return ops;
}

// Says that a network takes this much of the device's memory, less where it computes activations again.
inline constexpr std::size_t kNetworkBytes = 10'000'000;

inline const NetOps& net_ops() {
  static const NetOps ops{
      .kernels = [](const NetShape&, const NetMode&) { return "float32 on a tape"; },
      .memory_bytes = [](const NetShape&, const NetLimits&,
                         const NetMode& mode) { return mode.recompute ? kNetworkBytes / 10 : kNetworkBytes; },
      .create = [](Executor& executor, const NetShape& shape, const NetLimits& limits, const NetMode& mode,
                   void* memory) -> std::unique_ptr<Network> {
        if (memory == nullptr) throw std::logic_error("a network without the memory that it asked for");
        return std::make_unique<TapedNetwork>(dynamic_cast<Tape&>(executor),
                                              cpu_net_ops().create(executor, shape, limits, mode, nullptr));
      }};
  return ops;
}

}  // namespace detail

inline Device tape_device(std::shared_ptr<Tape> tape) {
  return {.name = "tape",
          .executor = std::move(tape),
          .env = &detail::env_ops(),
          .net = &detail::net_ops(),
          .learn = &detail::learn_ops(),
          .far_memory = [](Executor& executor) -> std::unique_ptr<FarMemory> {
            return std::make_unique<TapeMemory>(dynamic_cast<Tape&>(executor));
          },
          .note = ""};
}

}  // namespace boxwarp::test
