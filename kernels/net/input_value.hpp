// What the network's first layer sees of a cell.
#pragma once

#include "kernels/net/net.hpp"
#include "kernels/sokoban/board.hpp"

namespace boxwarp {

// Value of an input channel (3 of rgb, kCellCodes of planes) where the cell has that code: its colour / 255, or one-hot.
constexpr float input_value(NetInput input, int code, int channel) {
  if (input == NetInput::planes) return code == channel ? 1.0f : 0.0f;
  return channel < 3 ? static_cast<float>(kCellColours[code][channel]) / 255.0f : 0.0f;
}

}  // namespace boxwarp
