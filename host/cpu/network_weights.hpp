// The weights of a DRC as the unrolls read them: regrouped into parts, and packed for the primitives.
#pragma once

#include <vector>

#include "host/cpu/heads.hpp"
#include "host/cpu/network_parts.hpp"
#include "host/cpu/packed_weights.hpp"

namespace boxwarp {

class NetworkWeights {
 public:
  explicit NetworkWeights(const NetShape& shape);

  // parameters: (parameter_count), read during the call.
  void load(const float* parameters);

  const NetworkParts& layout() const { return layout_; }
  const NetShape& shape() const { return layout_.shape; }
  std::size_t parts() const { return layout_.size; }
  const float* part(const Part& part) const { return parts_.data() + part.offset; }
  HeadsWeights heads() const;
  std::size_t bytes() const;

  PackedWeights encoder;                 // second layer
  PackedWeights input;                   // of all layers, one after the other: (D * 4C, C, 3, 3)
  std::vector<PackedWeights> recurrent;  // (D)

 private:
  NetworkParts layout_;
  AlignedFloats parts_;
};

}  // namespace boxwarp
