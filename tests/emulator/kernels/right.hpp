// Correct kernels that use every kind of word: what the emulator must run without complaint in every order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/executor.hpp"

namespace boxwarp {

// sums (count), out: left[i] + right[i]; left and right (count).
void launch_add(Executor& executor, const float* left, const float* right, float* sums, int count);

// values (blocks * 64), in and out: each block of 64 turned round, through shared memory.
void launch_reverse(Executor& executor, int* values, unsigned blocks);

// counts (16), in and out: adds how many of values (count) have each remainder by 16.
void launch_histogram(Executor& executor, const unsigned* values, unsigned* counts, int count);

// values (warps * 32), in and out: each lane gets its left neighbour's, lane 0 that of lane 31, through shared memory that
// only __syncwarp orders.
void launch_rotate(Executor& executor, int* values, unsigned warps);

// What each shuffle and vote gives for one warp; lane i brings values[i]. All out, (32).
struct WarpWords {
  int *indexed, *up, *down, *crossed, *down_by_8;   // from lane 3; by 1; by 1; with 5; by 2 within segments of 8
  unsigned *ballot, *any, *all;                     // of values[i] > 15
  unsigned long long* wide;                         // a shuffle of 8 bytes from lane 31
  int* halves;                                      // sum over the lane's own half, each half with a mask of its own
  int *reduced_sum, *reduced_least, *reduced_most;  // of values[i] - 10, over the lane\'s own half
};
void launch_warp_words(Executor& executor, const int* values, WarpWords out);

// Each thread changes the same numbers once, with 1 + its place in the grid. out (12): add, subtract, minimum, maximum, and,
// or, exclusive or, how often CAS found what it last read, 64-bit: add, maximum, or; then the last exchanged.
void launch_atomics(Executor& executor, unsigned long long* wide, unsigned* out, unsigned blocks, unsigned threads);

// Counts by the barriers that count: out (3) counted, any, all for claims index < limit in a block of 96.
void launch_block_votes(Executor& executor, int* out, int limit);

}  // namespace boxwarp
