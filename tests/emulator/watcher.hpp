// What the machinery tells about a launch while it runs. The shadow is the one watcher; the other builds have none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace boxwarp::emulator {

struct Region;

class Watcher {
 public:
  virtual ~Watcher() = default;

  virtual void region_added(const Region& region) = 0;
  virtual void region_removed(const Region& region) = 0;
  virtual void written_by_host(const void* begin, std::size_t bytes) = 0;

  // parameters: the kernel's arguments, which its threads may read. shared: may be null if shared_bytes is 0.
  virtual void launch_starts(unsigned threads, const void* parameters, std::size_t parameter_bytes) = 0;
  virtual void block_starts(const std::byte* shared, std::size_t shared_bytes) = 0;
  virtual void launch_ends() = 0;
  virtual void block_barrier() = 0;
  virtual void warp_barrier(unsigned warp, std::uint32_t mask) = 0;  // by __syncwarp, the only one that orders memory

  // By the thread that runs, on behalf of words whose access no compiler shows. counter: an address
  // in the kernel's text.
  virtual void atomic_access(const void* begin, std::size_t bytes, const void* counter) = 0;
  virtual void read(const void* begin, std::size_t bytes, const void* counter) = 0;
  virtual void write(const void* begin, std::size_t bytes, const void* counter) = 0;
  virtual void forget_content(const void* begin, std::size_t bytes) = 0;  // reads are errors until the next write
};

Watcher*& watcher();  // null without one

// True while kernel text runs, false inside the machinery and on the host.
extern bool in_kernel_text;

// The stack of the thread that runs, and whether an address lies on the stack of any thread.
struct StackRange {
  const std::byte *low, *high;
};
StackRange own_stack();
bool on_a_stack(const void* address);

// What went wrong in the thread that runs. lines are "file:line"; program counters are turned into such after them.
struct Report {
  std::string what;
  std::vector<unsigned> threads;
  std::vector<std::string> lines;
  std::vector<const void*> counters;
};

// blame, then give_up, end the launch from inside a kernel's thread: its threads never run again, and launch() throws the
// Fault. Two calls, because give_up never returns and would leave what its caller holds without an owner.
void blame(Report report);
[[noreturn]] void give_up();

}  // namespace boxwarp::emulator
