// An agent that acts: weights on a device and the recurrent state of the boards that it plays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "host/engine/device.hpp"
#include "host/engine/work_memory.hpp"
#include "host/learner/weights.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

class Policy {
 public:
  // Takes memory for up to `most` boards where the device works, and starts with all of them.
  Policy(const Weights& weights, int most, const Device& device, Precision precision = Precision::bf16);
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  const NetShape& shape() const { return shape_; }
  int boards() const { return boards_; }

  // Starts anew with B boards, 0 to the most, h and c zero. Throws BadInput for another number.
  void start(int boards);
  // Goes on with these boards of 0..B, ascending, which become boards 0, 1, ...; the others' state is forgotten.
  // Throws BadInput for boards that are out of range or not ascending.
  void keep(std::span<const std::size_t> boards);
  // One environment step. cells: (B, H, W) cell codes; starts: (B), 1 zeroes that board's state first, empty for none.
  // Results lie in logits() (B, A) and values() (B).
  void forward(std::span<const std::uint8_t> cells, std::span<const std::uint8_t> starts = {});
  std::span<const float> logits() const { return logits_; }
  std::span<const float> values() const { return values_; }
  int greedy(int board) const;  // the action with the largest logit, the lowest of equals

 private:
  std::size_t state_size() const;  // floats of h or c, of one layer and board
  std::size_t cell_count() const;  // H * W

  NetShape shape_;
  int most_, boards_ = 0;
  Device device_;
  WorkMemory memory_;
  std::unique_ptr<Network> network_;

  // Where the device works; B is the number of boards that are played now.
  std::uint8_t *cells_ = nullptr, *starts_ = nullptr;                              // (B, H * W), (B)
  float *h_ = nullptr, *c_ = nullptr, *kept_h_ = nullptr, *kept_c_ = nullptr;      // (D, B, H * W * C)
  float *work_logits_ = nullptr, *work_values_ = nullptr, *parameters_ = nullptr;  // (B, A), (B), (P)
  std::int32_t* columns_ = nullptr;                                                // (B)
  std::byte* network_memory_ = nullptr;

  bool fresh_ = true;  // h and c are to be taken for zero
  std::vector<float> logits_, values_;
};

}  // namespace boxwarp
