// The shadow of memory: for each byte that kernels may touch, who touched it last, and in which interval between barriers.
// An access is ordered after an earlier one by the same thread, by a __syncthreads between them, or within a warp by a
// __syncwarp of both lanes. What is not ordered, with at least one write that is not atomic, is a race, also between blocks.
// Order that kernels build from atomics and fences (the last block sums up) is not known here and is reported as a race.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "emulator/machine.hpp"
#include "emulator/watcher.hpp"

namespace boxwarp::emulator {

enum class Access : std::uint8_t { read, write, atomic };

class Shadow : public Watcher {
 public:
  // An access by the thread that runs. aligned: the type of the access asks for a multiple of its size.
  void see(Access access, const void* begin, std::size_t bytes, bool aligned, const void* counter);

  void region_added(const Region& region) override;
  void region_removed(const Region& region) override;
  void written_by_host(const void* begin, std::size_t bytes) override;
  void launch_starts(unsigned threads, const void* parameters, std::size_t parameter_bytes) override;
  void block_starts(const std::byte* shared, std::size_t shared_bytes) override;
  void launch_ends() override;
  void block_barrier() override;
  void warp_barrier(unsigned warp, std::uint32_t mask) override;
  void atomic_access(const void* begin, std::size_t bytes, const void* counter) override;
  void read(const void* begin, std::size_t bytes, const void* counter) override;
  void write(const void* begin, std::size_t bytes, const void* counter) override;
  void forget_content(const void* begin, std::size_t bytes) override;

 private:
  // Who touched a byte. thread is counted through the grid and from 1, 0 for nobody; epochs grow with every barrier.
  struct Touch {
    std::uint32_t thread = 0, epoch = 0, counter = 0;  // counter: from the start of the program's image
  };
  // Two readers of different warps are enough: whoever writes differs from one of them.
  struct Cell {
    Touch write;
    std::array<Touch, 2> reads;
    std::uint32_t launch = 0;  // touches of earlier launches are void
    bool atomic_write = false;
    bool content = false;  // something was ever written
  };
  struct Range {
    const std::byte* begin = nullptr;
    std::size_t bytes = 0;
    std::string name;
    std::vector<Cell> cells;
  };

  Range* range_of(const std::byte* begin);  // null for none
  bool constant(const std::byte* first) const;
  bool ordered(const Touch& before, const Touch& now) const;
  std::string named(std::uint32_t thread) const;
  void keep_reader(Cell& cell, const Touch& now);
  void check_cell(Access access, Range& range, std::size_t at, const Touch& now, const void* counter);
  void blame_race(Access access, const Range& range, std::size_t at, const Touch& before, const char* before_did,
                  const Touch& now, const void* counter) const;
  void blame_place(Access access, const std::byte* first, std::size_t bytes, const Range* range, const void* counter) const;

  std::map<const std::byte*, Range> ranges_;  // by their begin
  Range shared_;
  Range* latest_ = nullptr;
  const std::byte *parameters_ = nullptr, *parameters_end_ = nullptr;
  unsigned threads_ = 0;  // of a block
  std::uint32_t launch_ = 0;
  std::uint32_t last_epoch_ = 0;       // ever given
  std::uint32_t floor_ = 0;            // what happened in the block before this epoch is ordered before everything now
  std::vector<std::uint32_t> epochs_;  // of each thread of the block
  std::vector<std::array<std::uint32_t, kLanes>> seen_;  // per thread: up to which epoch of each lane of its warp
};

Shadow& shadow();

}  // namespace boxwarp::emulator
