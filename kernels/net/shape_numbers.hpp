// The numbers of a network's shape by their names. For C++ alone: nvcc writes pointers to members so that g++ warns.
#pragma once

#include "kernels/net/net.hpp"

namespace boxwarp {

// The numbers of a shape, in the order of files, and what they may be.
struct ShapeNumber {
  const char* name;
  int NetShape::*member;
  int least, most, step;  // a multiple of step
};
inline constexpr ShapeNumber kShapeNumbers[] = {
    {"layers", &NetShape::layers, 1, 64, 1},         {"ticks", &NetShape::ticks, 1, 64, 1},
    {"channels", &NetShape::channels, 16, 1024, 16}, {"height", &NetShape::height, 1, kLargestSize, 1},
    {"width", &NetShape::width, 1, kLargestSize, 1}, {"actions", &NetShape::actions, 1, 1024, 1},
    {"hidden", &NetShape::hidden, 1, 1 << 16, 1},    {"encoder_kernel", &NetShape::encoder_kernel, 3, 4, 1}};

}  // namespace boxwarp
