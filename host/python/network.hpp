// A network as Python runs it: arrays of the program's memory in and out, on any device, for as many boards and steps as
// come.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "host/engine/device.hpp"
#include "host/engine/work_memory.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp::python {

class PythonNetwork {
 public:
  PythonNetwork(const NetShape& shape, const std::string& device, int threads, Precision precision);

  const NetShape& shape() const { return shape_; }
  const Device& device() const { return device_; }

  // The calls below wait for the device and exclude each other. All pointers are the program's memory.
  // parameters: (parameter_count). Does nothing where they are those that it has.
  void load(std::span<const float> parameters);
  // keep: for activations or backward. Returns the number of this call among those that keep something.
  std::int64_t forward(const UnrollView& unroll, bool keep);
  // False where the device keeps none.
  bool activations(std::int64_t number, const ActivationsView& view);
  // Whether backward and activations can still be had of the forward with that number.
  bool keeps(std::int64_t number);
  void backward(std::int64_t number, const UnrollView& unroll, const UnrollGradientView& gradient);

 private:
  // Where the device works, for the largest unroll so far. On a processor that is where the caller's arrays lie.
  struct Room {
    Room(const PythonNetwork& owner, const NetLimits& limits);

    NetLimits limits;
    WorkMemory memory;
    std::unique_ptr<Network> network;
    float* parameters = nullptr;
    std::uint8_t *cells = nullptr, *starts = nullptr;
    float *h_start = nullptr, *c_start = nullptr, *h_end = nullptr, *c_end = nullptr, *logits = nullptr, *values = nullptr;
    float *grad_logits = nullptr, *grad_values = nullptr, *grad_parameters = nullptr, *grad_h_start = nullptr,
          *grad_c_start = nullptr;
    std::byte* network_memory = nullptr;
  };
  void make_room(int boards, int steps, bool keep);
  void load_into_room();
  std::unique_lock<std::mutex> turn();
  void demand_kept(std::int64_t number) const;
  std::size_t states(int boards) const;  // floats of h or c
  std::size_t cells(const UnrollView& unroll) const;

  NetShape shape_;
  Device device_;
  NetMode mode_;
  const int process_;
  std::mutex busy_;
  std::vector<float> loaded_;  // empty before the first load
  std::unique_ptr<Room> room_;
  std::int64_t last_ = 0, kept_ = 0;  // numbers; 0: nothing is kept
};

}  // namespace boxwarp::python
