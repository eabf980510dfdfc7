// Small kernels with one mistake each, which the emulator must find.
#pragma once

#include "kernels/executor.hpp"

namespace boxwarp {

// values (64), in and out: turned round without the barrier.
void launch_without_barrier(Executor& executor, int* values);

// values (64), in and out: rotated within warps without the barrier of the warp between reading and writing.
void launch_without_warp_barrier(Executor& executor, int* values);

// The even and the odd threads of a block of 64 wait in two barriers, on the lines that the constants name.
void launch_barrier_in_branch(Executor& executor);
extern const unsigned kEvenLine, kOddLine;

// Threads 48 to 63 end before the barrier on that line.
void launch_barrier_after_end(Executor& executor);
extern const unsigned kLonelyLine;

// Lanes 0 to 15 shuffle with a mask of all lanes.
void launch_absent_lanes(Executor& executor, int* out);

// Lane 7 votes with a mask that leaves it out.
void launch_outside_mask(Executor& executor, unsigned* out);

// A block of 40 shuffles with a mask of all lanes, so that lanes 8 to 31 of the second warp do not exist.
void launch_half_warp(Executor& executor, int* out);

// out (64): thread i reads values[i + 1]; values (64).
void launch_read_past_end(Executor& executor, const int* values, int* out);

// Thread i writes values[i + 1]; values (64).
void launch_write_past_end(Executor& executor, int* values);

// Copies the second half of values (40) over the first as one struct, but begins one number too late.
void launch_large_copy(Executor& executor, int* values);

// out (64): written, read by others after a barrier, and written again without a second one.
void launch_without_second_barrier(Executor& executor, int* out);

// out (64): what shared memory held before anybody wrote it.
void launch_uninitialised(Executor& executor, int* out);

// Each of 4 blocks of 32 adds to total (1) with a plain += by its thread 0.
void launch_block_race(Executor& executor, int* total);

// out (1): the same added by one thread with a plain +=, by the others with atomicAdd.
void launch_half_atomic(Executor& executor, int* out);

// Asks for a struct of 256 bytes where the launch gives 64.
void launch_shared_too_small(Executor& executor, int* out);

// Writes behind its struct in shared memory; the struct has 64 ints.
void launch_past_shared(Executor& executor, int* out);

// out (1): thread 1 reads a local variable of thread 0 through a pointer in shared memory.
void launch_foreign_local(Executor& executor, int* out);

// Reads 4 bytes of bytes (8) at an odd place.
void launch_misaligned(Executor& executor, const unsigned char* bytes, int* out);

}  // namespace boxwarp
