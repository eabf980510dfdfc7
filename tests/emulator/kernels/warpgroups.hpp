// Kernels that only hand through what kernels/warpgroup.cuh does.
#pragma once

#include <cstdint>

#include "kernels/executor.hpp"

namespace boxwarp {

enum class LeftOperand { shared, registers };
enum class Lie { straight, turned };

// One warpgroup: sums (128, columns / 2) of each thread, in and out, += left (64, 16) * right (columns, 16) as bfloat16, in
// two groups, which is twice the product. columns: 64 or 112. skip: pieces of 16 bytes that the right operand begins after
// the start of shared memory. Turned: 64 columns and a left operand in shared memory.
void launch_warpgroup_product(Executor& executor, LeftOperand left_is, Lie lie, int columns, int skip,
                              const std::uint16_t* left, const std::uint16_t* right, float* sums);

// out (32): the two numbers of each lane, in (32), of an 8x8 tile that is transposed.
void launch_turned(Executor& executor, const std::uint32_t* in, std::uint32_t* out);

// Mistakes, with sums (128, 32) out: the operand is written while the product is under way; the lanes of a warp name
// different operands; an operand that reaches beyond shared memory.
enum class ProductMistake { written_too_early, different_operands, beyond_memory };
void launch_wrong_product(Executor& executor, ProductMistake mistake, float* sums);

}  // namespace boxwarp
