// The head over a slice of an unroll: from the map z of all steps to logits and values, and back.
//
// b boards of the slice, N = H * W cells, Z channels of z, F = dense_inputs(shape).
#pragma once

#include "host/cpu/aligned_floats.hpp"
#include "host/cpu/conv_lstm.hpp"
#include "host/cpu/heads.hpp"
#include "host/cpu/network_parts.hpp"
#include "host/cpu/unroll_size.hpp"

namespace boxwarp {

struct HeadMemory {
  HeadMemory(const NetShape& shape, const UnrollSize& largest);
  std::size_t bytes() const { return z.bytes() + pooled.bytes() + hidden.bytes() + outputs.bytes(); }

  AlignedFloats z;        // (T, b, N, Z) in
  AlignedFloats pooled;   // (T, b, 2Z) [maximum, mean] of z; empty unless the head is pooled
  AlignedFloats hidden;   // (T, b, hidden)
  AlignedFloats outputs;  // (T, b, A + 1) logits and values
};

struct HeadGradients {
  HeadGradients(const NetShape& shape, const UnrollSize& largest);
  std::size_t bytes() const { return z.bytes() + pooled.bytes() + outputs.bytes(); }

  AlignedFloats z, pooled, outputs;  // as in HeadMemory
};

struct HeadPass {
  const NetShape& shape;
  const UnrollView& unroll;
  int first;         // the slice's first board
  UnrollSize slice;  // its boards and steps

  CellShape cells() const {
    return {slice.boards * slice.steps, shape.height * shape.width, head_channels(shape), 1, nullptr};
  }
  HeadsShape rows() const { return {slice.boards * slice.steps, dense_inputs(shape), shape.hidden, shape.actions + 1}; }
  // From (T, B): the slice's boards of step t.
  std::size_t step_offset(int t) const {
    return static_cast<std::size_t>(t) * static_cast<std::size_t>(unroll.boards) + static_cast<std::size_t>(first);
  }
};

// memory.z to the unroll's logits and values.
void head_forward(const HeadPass& pass, const HeadsWeights& weights, HeadMemory& memory);

// Uses up memory.hidden. gradients.z: out. grad_parts: the array of all parts, of which those of the head are overwritten.
void head_backward(const HeadPass& pass, const HeadsWeights& weights, HeadMemory& memory, const UnrollGradientView& gradient,
                   HeadGradients& gradients, const HeadParts& parts, float* grad_parts);

}  // namespace boxwarp
