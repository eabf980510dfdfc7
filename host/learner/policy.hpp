// An agent that acts: weights on a device and the recurrent state of the boards that it plays.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "host/engine/device.hpp"
#include "host/learner/weights.hpp"
#include "kernels/net/net.hpp"

namespace boxwarp {

class Policy {
 public:
  // Takes memory for up to `most` boards and starts with all of them.
  Policy(const Weights& weights, int most, const Device& device);

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

  NetShape shape_;
  int most_, boards_ = 0;
  Device device_;
  std::unique_ptr<Network> network_;
  std::vector<float> h_, c_, logits_, values_;
  std::vector<std::uint8_t> no_starts_;
};

}  // namespace boxwarp
