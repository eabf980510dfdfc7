// What the machinery keeps about the launch that runs. Only for the machinery's own files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "emulator/fiber.hpp"
#include "emulator/machine.hpp"
#include "emulator/memory.hpp"
#include "emulator/watcher.hpp"

namespace boxwarp::emulator {

enum class State : std::uint8_t { ready, at_block_barrier, at_warp_operation, ended };

struct LateCopy {
  std::byte* to;
  const std::byte* from;  // null: zeros
  const void* counter;
};

// A row of an operand: eight numbers along k.
using OperandRow = std::array<std::uint16_t, 8>;
// Of the left operand two rows in two parts, of the right one a quarter of at most 112 columns in two parts.
using ProductRows = std::array<OperandRow, 4 + 112 / 4 * 2>;

struct LateProduct {
  WarpgroupProduct of;
  Site site;
  const void* counter;
  ProductRows rows;  // as they were when the product was asked for
};

struct Thread {
  unsigned index = 0;
  State state = State::ready;
  const char* word = "";   // of the operation it waits in
  Site site;               // and where that stands
  std::uint32_t mask = 0;  // and with which lanes
  Load brought, taken;
  std::vector<std::vector<LateCopy>> late;         // groups of copies not yet delivered, the open one last
  std::vector<std::vector<LateProduct>> products;  // likewise
  Fiber fiber;
};

// Everything about the launch that runs.
struct Machine {
  const Work* work = nullptr;
  Grid grid{};
  unsigned block = 0;
  std::vector<Thread> threads;  // of the block
  Thread* current = nullptr;
  std::unique_ptr<GuardedBytes> shared;
  int brought = 0, taken = 0;  // sums at the block's barriers: the one that fills, the one that was last left
  std::optional<Report> report;
  std::exception_ptr thrown;
};

extern Machine* machine;  // null between launches

// The machinery works on behalf of a kernel's thread for as long as this lives.
class Inside {
 public:
  Inside() { in_kernel_text = false; }
  ~Inside() { in_kernel_text = true; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};

// From outside of kernels' threads: ends the launch.
[[noreturn]] void throw_fault(Report report);

// Meetings of a block's threads (meetings.cpp), between their turns.
bool all_at_one_block_barrier();
void open_block_barrier();
[[noreturn]] void throw_stuck();  // no thread can go on: who waits where, and for whom

}  // namespace boxwarp::emulator
