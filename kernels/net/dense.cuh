// Matrix products of bf16 operands with sums in float, for the network's dense layers.
#pragma once

#include "kernels/collective.cuh"

namespace boxwarp::DEVICE {

// Which index of an operand runs fastest in memory: the one that is summed over, or the one that stays.
enum class Fastest { depth, outer };

// partial[s] = sum over the depths of slice s of left[row, depth] * right[depth, column].
struct DenseProduct {
  const Bf16* left;   // (rows, left_stride) or, with Fastest::outer, (depth, left_stride)
  const Bf16* right;  // (columns, right_stride) or, with Fastest::outer, (depth, right_stride)
  int rows, columns, depth;
  int left_stride, right_stride;  // multiples of 8; an operand's elements from the end of a row to its stride are zero
  int slices;                     // from 1 to dense_depth_tiles(depth)
  float* partial;                 // (slices, rows, columns) out
};

inline constexpr int kDenseDepth = 32;  // summed over from one barrier to the next

HOST_DEVICE constexpr int dense_depth_tiles(int depth) { return (depth + kDenseDepth - 1) / kDenseDepth; }

// How many slices keep a large device busy; the same on every device, because the order of summation depends on it.
int dense_slices(int rows, int columns, int depth);

// name: of the launch.
void dense_product(Executor& executor, const char* name, Fastest left, Fastest right, const DenseProduct& product);

}  // namespace boxwarp::DEVICE
