// The engine as Python holds it: environments, their levels and device in one object that can outlive whoever made it.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "host/engine/vector_env.hpp"

namespace boxwarp::python {

using AnyArray = nanobind::ndarray<nanobind::ro, nanobind::c_contig>;

struct EnvironmentOptions {
  VectorEnvConfig config;
  Device device;
  bool double_buffer = false;  // observations go to two buffers in turn, so that the last two stay valid; not on a GPU
};

// Calls that step, read or replace the environments exclude each other, whichever threads they come from. They throw
// DeviceError in a process that was forked from the one that made the engine: its threads stayed behind.
class Engine {
 public:
  Engine(std::shared_ptr<const LevelBank> levels, const EnvironmentOptions& options);

  const VectorEnv& env() const { return env_; }  // what does not change: configuration, sizes, addresses
  const Device& device() const { return device_; }
  bool on_processor() const { return device_.far_memory == nullptr; }
  int cuda_index() const;  // number of the GPU; 0 on a processor
  // Order with a CUDA stream (cudaStream_t as a number); nothing on a processor.
  void wait_for(std::uintptr_t stream);
  void make_wait(std::uintptr_t stream);
  // Which observation buffer the last reset or step wrote: 0, or 1 with double_buffer.
  int buffer() const { return current_; }
  std::uint8_t* observations(int buffer) const;

  void reset(std::span<const std::uint8_t> mask, std::span<const std::int64_t> levels);
  void reset(std::uint64_t seed);
  void reset_each(std::span<const std::uint64_t> seeds);  // (N)
  // actions: (N) of int32, int64 or uint8, in the processor's memory or, as uint8, in that of the engine's device.
  void step(const AnyArray& actions);
  void step_many(const AnyArray* actions, int steps, std::span<float> reward, std::span<std::int32_t> episodes,
                 std::span<std::int32_t> solved);

  // Dense returns of the episodes that ended: (N), valid where done.
  std::vector<double>& returns() { return returns_; }
  void random_actions(std::span<std::uint8_t> actions);
  // Every board as uint8 (N, tile H, tile W, 3).
  void render(int tile, std::span<std::uint8_t> picture);
  std::vector<std::byte> save();
  void restore(std::span<const std::byte> state);
  void synchronize();

 private:
  std::unique_lock<std::mutex> turn();
  template <class Integer>
  void convert(const Integer* actions);
  void stepped(const std::uint8_t* actions);
  void keep_ended_rows();
  void tell_returns();

  Device device_;
  VectorEnv env_;
  bool double_buffer_;
  std::atomic<int> current_ = 0;
  const int process_;
  std::mutex busy_;
  std::vector<std::uint8_t> second_, actions_;
  std::vector<double> returns_;
};

}  // namespace boxwarp::python
