// An agent that acts: weights on a device and the recurrent state of B boards.
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
  Policy(Weights weights, int boards, const Device& device);

  const NetShape& shape() const { return weights_.shape; }
  int boards() const { return boards_; }

  void clear_state();  // h and c of all boards to zero
  // One environment step. cells: (B, H, W) cell codes; starts: (B), 1 zeroes that board's state first, empty for none.
  // Results lie in logits() (B, A) and values() (B).
  void forward(std::span<const std::uint8_t> cells, std::span<const std::uint8_t> starts = {});
  std::span<const float> logits() const { return logits_; }
  std::span<const float> values() const { return values_; }
  int greedy(int board) const;  // the action with the largest logit, the lowest of equals

 private:
  Weights weights_;
  int boards_;
  Device device_;
  std::unique_ptr<Network> network_;
  std::vector<float> h_, c_, logits_, values_;
  std::vector<std::uint8_t> no_starts_;
};

}  // namespace boxwarp
