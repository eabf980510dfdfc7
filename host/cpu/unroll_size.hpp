#pragma once

namespace boxwarp {

// A slice of the boards of an unroll.
struct UnrollSize {
  int boards, steps;

  bool operator==(const UnrollSize&) const = default;
};

enum class Passes { forward, forward_and_backward };

}  // namespace boxwarp
