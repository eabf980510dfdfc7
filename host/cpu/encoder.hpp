// The first convolution of the encoder, straight from cell codes: each tap looks up what its cell's code contributes.
//
// Equal to drawing the observation and convolving it with SAME padding; e x e additions a cell and channel instead of
// e x e x inputs products, and no image in memory.
#pragma once

#include <cstdint>

namespace boxwarp {

struct EncoderShape {
  int images, height, width, channels;  // channels: a multiple of 16
  int kernel;                           // E: height and width, at most 4
};

// cells: (images, H, W) codes below kOutsideCode. table: (E * E, kTableCodes, C), zeros for kOutsideCode. bias: (C).
// y: (images, H, W, C) out. All float pointers on a boundary of 64 bytes. The same holds for backward.
void encoder_forward(const EncoderShape& shape, const std::uint8_t* cells, const float* table, const float* bias, float* y);

// grad_y: (images, H, W, C). grad_table: (E * E, kTableCodes, C) in and out: what this adds goes on top. grad_bias: (C) in
// and out. The rows of kOutsideCode receive the gradient of the padding, which is nobody's.
void encoder_backward(const EncoderShape& shape, const std::uint8_t* cells, const float* grad_y, float* grad_table,
                      float* grad_bias);

}  // namespace boxwarp
