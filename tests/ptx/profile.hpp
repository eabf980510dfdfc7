// What kernels do, counted while they run: what a profiler on a GPU would count, without its times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/ptx/program.hpp"

namespace boxwarp::ptx {

struct Counters {
  std::uint64_t launches = 0, blocks = 0;
  std::uint64_t instructions = 0;  // of warps, as PTX has them, but for moves
  std::uint64_t lanes = 0;         // that took part in them
  std::uint64_t products = 0;      // of 16x8x16: mma; a warp's rows of wgmma are several
  std::uint64_t barriers = 0;      // times warps
  // Of warps; bytes that lanes asked for; sectors of 32 bytes that these lie in, which is what memory must move.
  std::uint64_t global_requests = 0, global_bytes = 0, global_sectors = 0;
  // Passes that shared memory needs because several words lie in one of its 32 banks; each moves 128 bytes at most.
  std::uint64_t shared_requests = 0, shared_bytes = 0, shared_passes = 0;
  struct Line {
    std::uint64_t executed, instructions;  // by warps; so many stand there
  };
  std::map<std::string, Line> lines;  // "kernels/net/x.cu:12"

  std::vector<std::uint64_t> executed;  // of the kernel that runs now, by instruction
};

// Those of a kernel's name. Null unless BOXWARP_PTX_PROFILE names a file, which gets them as JSON when the process ends.
Counters* counters_of(const Kernel& kernel);

// Adds what was executed to its lines.
void count_lines(Counters& counters, const Kernel& kernel);

// One access of a warp: the addresses of the lanes of mask, `bytes` each.
void count_global(Counters& counters, const std::uint64_t (&addresses)[kLanes], std::uint32_t mask, std::size_t bytes);
void count_shared(Counters& counters, const std::uint64_t (&addresses)[kLanes], std::uint32_t mask, std::size_t bytes);

// "step_kernel<false>" of a mangled name.
std::string short_name(const std::string& mangled);

}  // namespace boxwarp::ptx
