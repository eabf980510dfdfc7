// Kernels that only hand through what kernels/collective.cuh does.
#pragma once

#include <cstdint>

#include "kernels/executor.hpp"

namespace boxwarp {

// sums (blocks * threads), out: the sum over the block, computed twice with the same scratch; values of the same shape.
void launch_block_sums(Executor& executor, const float* values, float* sums, unsigned blocks, unsigned threads);

// bits (count), out: values (count) as bfloat16; back (count), out: and as float again.
void launch_bf16(Executor& executor, const float* values, std::uint16_t* bits, float* back, int count);

// One product of tiles by one warp: a (32, 4), b (32, 2) registers of each lane, sums (32, 4) in and out.
void launch_multiply_tiles(Executor& executor, const std::uint32_t* a, const std::uint32_t* b, float* sums);

// registers (2, 32, 4), out: straight and transposed, of rows (32, 8): row r of tile i is 8 * i + r.
void launch_load_tiles(Executor& executor, const std::uint16_t* rows, std::uint32_t* registers);

// out (steps, 256): values (steps, 256), each step copied to shared memory while the one before it is read. Of the 64
// threads that copy four numbers each, those from present on let zeros arrive instead.
void launch_copies(Executor& executor, const std::uint32_t* values, std::uint32_t* out, int steps, int present);

// The same for one step, read by the thread that copied, without waiting.
void launch_copy_without_wait(Executor& executor, const std::uint32_t* values, std::uint32_t* out);

// Waits for its copies, but reads those of another thread without a barrier.
void launch_copy_without_barrier(Executor& executor, const std::uint32_t* values, std::uint32_t* out);

}  // namespace boxwarp
