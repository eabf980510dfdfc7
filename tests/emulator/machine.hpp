// Runs the grid of one kernel: blocks one after another, a fiber for each thread of a block, on the thread of the caller.
// One launch at a time in a process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "emulator/fault.hpp"
#include "emulator/schedule.hpp"

namespace boxwarp::emulator {

inline constexpr unsigned kLanes = 32;

inline constexpr unsigned kMostThreads = 1024;               // of a block
inline constexpr std::size_t kMostSharedBytes = 227 * 1024;  // of a block, on compute capability 9.0

struct Grid {
  unsigned blocks, threads;
  std::size_t shared_bytes;  // for each block
};

// What every thread does: call(values). values: the kernel's arguments, value_bytes of them, alive until run() returns.
struct Work {
  const char* kernel;
  void (*call)(void* values);
  void* values;
  std::size_t value_bytes;
};

// Throws Fault if the kernel breaks a rule, and whatever a thread throws.
void run(const Schedule& schedule, const Grid& grid, const Work& work);

// Everything below is called from inside a kernel's thread.

// Where the thread stands, for words and messages.
struct Place {
  unsigned block, thread;
};
Place here();

// The block's shared memory, poisoned at the block's start and aligned to 256. Fault if a Tile needs more than there is.
std::byte* shared_memory(std::size_t needed, Site site);

// Waits until every thread of the block has come to the same site; the sum of what they brought. Fault, told by the line
// of each, if some have ended or wait elsewhere.
int block_barrier(const char* word, int brought, Site site);

// What the lanes of a warp bring to a common operation, and what they take away: 64 bytes each.
using Load = std::array<std::byte, 64>;
struct Exchange {
  std::uint32_t mask;  // the lanes that take part
  std::array<Load, kLanes> brought, taken;
};
using Combine = void (*)(Exchange&);  // fills taken for each lane of the mask

// Waits until all lanes of mask have come to the same word and site with the same mask, then combines once for all of them.
// Copies brought_bytes in and taken_bytes out.
void warp_operation(const char* word, std::uint32_t mask, Site site, const void* brought, std::size_t brought_bytes,
                    void* taken, std::size_t taken_bytes, Combine combine);

template <class Taken, class Brought>
Taken warp_operation(const char* word, std::uint32_t mask, Site site, const Brought& brought, Combine combine) {
  static_assert(sizeof(Brought) <= sizeof(Load) && sizeof(Taken) <= sizeof(Load));
  Taken taken;
  warp_operation(word, mask, site, &brought, sizeof brought, &taken, sizeof taken, combine);
  return taken;
}

void warp_barrier(std::uint32_t mask, Site site);

// Must stand before an access that the words make atomically. counter: an address in the kernel's text.
void atomic_access(const void* address, std::size_t bytes, const void* counter);

// Fault unless bytes from at on lie in the block's shared memory and are aligned to their number.
void require_shared(const char* word, const void* at, std::size_t bytes, Site site);

// Asynchronous copies of 16 bytes: to holds poison from here on until a wait delivers. from null: zeros are delivered.
void copy_later(void* to, const void* from, Site site);
void close_copy_group();
void deliver_copy_groups(unsigned except_latest);

// Byte of the block's shared memory; at lies in it.
std::uint32_t offset_in_shared(const void* at);

// What a warpgroup multiplies, 64 x 16 times 16 x columns.
struct WarpgroupProduct {
  float* sums;  // (columns / 2) of the thread, in the order of WarpgroupSums
  int columns;
  const std::uint32_t* registers = nullptr;  // (4) of the left operand; null: it lies in shared memory
  std::uint64_t a = 0, b = 0;                // descriptors
  bool turned = false;                       // pieces are eight rows of one k
};

// Added when its group is delivered; Fault if what the operands name lies outside of shared memory, or is not the same then
// as now, or if the lanes of a warp name different operands.
void start_product(const WarpgroupProduct& product, Site site);
void close_product_group();
void deliver_product_groups(unsigned except_latest);

}  // namespace boxwarp::emulator
