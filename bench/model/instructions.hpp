// Written by bench/model/count.py from the compiled code of bench/model/pieces.cu: instructions of one warp.
// nvcc 13.0.88, sm_90a.
#pragma once

namespace boxwarp::model {

struct Piece {
  double instructions, special, doubles, products;
};

// a warp's 28 products of 16x8x16 with the loads of their operands
inline constexpr Piece kProducts{.instructions = 37, .special = 0, .doubles = 0, .products = 28};
// gates, state and what is kept of four values a lane
inline constexpr Piece kGates{.instructions = 126, .special = 20, .doubles = 0, .products = 0};
// ratio, loss and gradients of a sample with four actions
inline constexpr Piece kVtraceSample{.instructions = 1340, .special = 6, .doubles = 583, .products = 0};
// the same for PPO
inline constexpr Piece kPpoSample{.instructions = 1104, .special = 5, .doubles = 480, .products = 0};
// an action drawn from four logits
inline constexpr Piece kDraw{.instructions = 150, .special = 4, .doubles = 9, .products = 0};
// a parameter's gradient step
inline constexpr Piece kAdam{.instructions = 235, .special = 7, .doubles = 0, .products = 0};

}  // namespace boxwarp::model
