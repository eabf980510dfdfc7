#include "emulator/machine.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <utility>

#include "emulator/fiber.hpp"
#include "emulator/lines.hpp"
#include "emulator/memory.hpp"
#include "emulator/variant.hpp"
#include "emulator/vector_types.hpp"
#include "emulator/watcher.hpp"

#if BOXWARP_EMULATOR_ADDRESS
#include <sanitizer/common_interface_defs.h>
#endif

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace boxwarp::emulator {

bool in_kernel_text = false;

Watcher*& watcher() {
  static Watcher* only = nullptr;
  return only;
}

namespace {

enum class State : std::uint8_t { ready, at_block_barrier, at_warp_operation, ended };

struct LateCopy {
  std::byte* to;
  const std::byte* from;  // null: zeros
  const void* counter;
};

struct Thread {
  unsigned index = 0;
  State state = State::ready;
  const char* word = "";   // of the operation it waits in
  Site site;               // and where that stands
  std::uint32_t mask = 0;  // and with which lanes
  Load brought, taken;
  std::vector<std::vector<LateCopy>> late;  // groups of copies not yet delivered, the open one last
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

Machine* machine = nullptr;

std::vector<Stack>& stacks() {
  static std::vector<Stack> kept;
  return kept;
}

// The machinery works on behalf of a kernel's thread for as long as this lives.
class Inside {
 public:
  Inside() { in_kernel_text = false; }
  ~Inside() { in_kernel_text = true; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};

void wait(State state, const char* word, std::uint32_t mask, Site site) {
  Thread& thread = *machine->current;
  thread.state = state;
  thread.word = word;
  thread.mask = mask;
  thread.site = site;
}

void run_thread(void* argument) {
  Thread& thread = *static_cast<Thread*>(argument);
  try {
    in_kernel_text = true;
    machine->work->call(machine->work->values);
    in_kernel_text = false;
  } catch (...) {
    in_kernel_text = false;
    machine->thrown = std::current_exception();
  }
  thread.state = State::ended;
  thread.fiber.leave_for_good();
}

[[noreturn]] void throw_fault(Report report) {
  std::string what = report.what;
  for (const void* counter : report.counters) report.lines.push_back(line_of(counter));
  for (std::size_t i = 0; i < report.lines.size(); i++) what += (i == 0 ? " [" : "; ") + report.lines[i];
  if (!report.lines.empty()) what += "]";
  throw Fault(machine->work->kernel, machine->block, std::move(report.threads), std::move(report.lines), what);
}

void resume(Thread& thread) {
  machine->current = &thread;
  threadIdx.x = thread.index;
  thread.fiber.resume();
  in_kernel_text = false;
  if (machine->thrown) std::rethrow_exception(std::exchange(machine->thrown, nullptr));
  if (machine->report) throw_fault(std::move(*machine->report));
}

bool same(const char* a, const char* b) { return std::strcmp(a, b) == 0; }

bool all_at_one_block_barrier() {
  const Thread& first = machine->threads.front();
  return std::all_of(machine->threads.begin(), machine->threads.end(), [&](const Thread& thread) {
    return thread.state == State::at_block_barrier && same(thread.word, first.word) && thread.site == first.site;
  });
}

void open_block_barrier() {
  machine->taken = std::exchange(machine->brought, 0);
  if (watcher() != nullptr) watcher()->block_barrier();
  for (Thread& thread : machine->threads) thread.state = State::ready;
}

// No thread of the block can go on: who waits where, and for whom.
[[noreturn]] void throw_stuck() {
  Report report;
  report.what = "not all threads that must meet did meet";
  std::vector<bool> told(machine->threads.size(), false);
  std::vector<unsigned> ended;
  for (const Thread& thread : machine->threads) {
    if (thread.state == State::ended) ended.push_back(thread.index);
    if (thread.state == State::ended || told[thread.index]) continue;
    std::vector<unsigned> together;
    for (const Thread& other : machine->threads) {
      if (other.state != thread.state || !(other.site == thread.site) || other.mask != thread.mask) continue;
      if (thread.state == State::at_warp_operation && other.index / kLanes != thread.index / kLanes) continue;
      together.push_back(other.index);
      told[other.index] = true;
    }
    report.what += "; threads " + listed(together) + " wait in " + thread.word + " at " + thread.site.text();
    if (thread.state == State::at_warp_operation) {
      char mask[16];
      std::snprintf(mask, sizeof mask, "0x%08x", thread.mask);
      report.what += std::string(" for lanes ") + mask + " of warp " + std::to_string(thread.index / kLanes);
    }
    report.threads.insert(report.threads.end(), together.begin(), together.end());
    const std::string line = thread.site.text();
    if (std::find(report.lines.begin(), report.lines.end(), line) == report.lines.end()) report.lines.push_back(line);
  }
  if (!ended.empty()) report.what += "; threads " + listed(ended) + " have ended";
  std::sort(report.threads.begin(), report.threads.end());
  throw_fault(std::move(report));
}

// Whether every lane that the thread's warp operation names waits in the same one.
bool all_have_come(const Thread& thread) {
  const unsigned first = thread.index - thread.index % kLanes;
  for (unsigned lane = 0; lane < kLanes; lane++) {
    if ((thread.mask >> lane & 1u) == 0) continue;
    if (first + lane >= machine->threads.size()) return false;
    const Thread& other = machine->threads[first + lane];
    if (other.state != State::at_warp_operation || other.mask != thread.mask || !same(other.word, thread.word) ||
        !(other.site == thread.site))
      return false;
  }
  return true;
}

void combine_lanes(const Thread& thread, Combine combine) {
  static Exchange exchange;
  Thread* const lanes = &machine->threads[thread.index - thread.index % kLanes];
  exchange.mask = thread.mask;
  for (unsigned lane = 0; lane < kLanes; lane++)
    if ((exchange.mask >> lane & 1u) != 0) exchange.brought[lane] = lanes[lane].brought;
  if (combine != nullptr) combine(exchange);
  for (unsigned lane = 0; lane < kLanes; lane++) {
    if ((exchange.mask >> lane & 1u) == 0) continue;
    lanes[lane].taken = exchange.taken[lane];
    lanes[lane].state = State::ready;
  }
}

// Indices in the schedule's order, a new one for each call if they are shuffled.
class Turns {
 public:
  Turns(Order order, unsigned count, std::uint64_t seed) : order_(order), random_(seed), indices_(count) {
    std::iota(indices_.begin(), indices_.end(), 0u);
    if (order == Order::descending) std::reverse(indices_.begin(), indices_.end());
  }
  const std::vector<unsigned>& next() {
    if (order_ == Order::shuffled)
      for (std::size_t left = indices_.size(); left > 1; left--) std::swap(indices_[left - 1], indices_[random_() % left]);
    return indices_;
  }

 private:
  Order order_;
  std::mt19937_64 random_;
  std::vector<unsigned> indices_;
};

void run_block(unsigned block, Turns& turns) {
  Machine& m = *machine;
  m.block = block;
  blockIdx.x = block;
  m.brought = 0;
  if (m.shared) poison(m.shared->begin(), m.shared->size());
  if (watcher() != nullptr) watcher()->block_starts(m.shared ? m.shared->begin() : nullptr, m.grid.shared_bytes);
  for (unsigned i = 0; i < m.grid.threads; i++) {
    Thread& thread = m.threads[i];
    thread.index = i;
    thread.state = State::ready;
    thread.late.assign(1, {});
    thread.fiber.start(stacks()[i], run_thread, &thread);
  }
  for (;;) {
    bool moved = false, all_ended = true;
    for (unsigned i : turns.next()) {
      if (m.threads[i].state == State::ready) {
        resume(m.threads[i]);
        moved = true;
      }
      all_ended &= m.threads[i].state == State::ended;
    }
    if (all_ended) break;
    if (all_at_one_block_barrier()) {
      open_block_barrier();
    } else if (!moved) {
      throw_stuck();
    }
  }
  if (m.shared && !m.shared->guards_intact()) throw_fault({"wrote outside of its shared memory", {}, {}, {}});
}

void check_guards() {
  for (const Region* region : regions())
    if (!region->memory.guards_intact())
      throw_fault({"a thread of this or an earlier block wrote beside " + region->name, {}, {}, {}});
}

#if BOXWARP_EMULATOR_ADDRESS
// After a sanitizer's own report: whose access it was.
void tell_place() {
  if (machine != nullptr && machine->current != nullptr)
    std::fprintf(stderr, "emulator: in kernel %s, block %u, thread %u\n", machine->work->kernel, machine->block,
                 machine->current->index);
}
void prepare_reports() { __sanitizer_set_death_callback(tell_place); }
#else
void prepare_reports() {}
#endif

}  // namespace

void blame(Report report) {
  in_kernel_text = false;
  if (report.threads.empty()) report.threads.push_back(machine->current->index);
  machine->report = std::move(report);
}

void give_up() { machine->current->fiber.leave_for_good(); }

StackRange own_stack() {
  const Stack& stack = stacks()[machine->current->index];
  return {stack.low(), stack.high()};
}

bool on_a_stack(const void* address) {
  return std::any_of(stacks().begin(), stacks().end(),
                     [&](const Stack& stack) { return address >= stack.low() && address < stack.high(); });
}

void run(const Schedule& schedule, const Grid& grid, const Work& work) {
  if (machine != nullptr) throw std::logic_error("a kernel was launched inside another");
  if (grid.blocks == 0 || grid.threads == 0 || grid.threads > kMostThreads || grid.shared_bytes > kMostSharedBytes)
    throw Fault(work.kernel, 0, {}, {},
                "a grid of " + std::to_string(grid.blocks) + " blocks of " + std::to_string(grid.threads) + " threads and " +
                    std::to_string(grid.shared_bytes) + " bytes, allowed are 1 or more, 1 to 1024, 0 to 232448");
  prepare_reports();
  Machine now;
  now.work = &work;
  now.grid = grid;
  now.threads = std::vector<Thread>(grid.threads);
  if (grid.shared_bytes != 0) now.shared = std::make_unique<GuardedBytes>(grid.shared_bytes);
  while (stacks().size() < grid.threads) stacks().emplace_back();
  struct Running {
    explicit Running(Machine& now) { machine = &now; }
    ~Running() {
      if (watcher() != nullptr) watcher()->launch_ends();
      machine = nullptr;
    }
  } running(now);

  blockDim = {grid.threads, 1, 1};
  gridDim = {grid.blocks, 1, 1};
  if (watcher() != nullptr) watcher()->launch_starts(grid.threads, work.values, work.value_bytes);
  Turns blocks(schedule.blocks, grid.blocks, schedule.seed);
  Turns threads(schedule.threads, grid.threads, schedule.seed + 1);
  for (unsigned block : blocks.next()) {
    run_block(block, threads);
    check_guards();
  }
}

Place here() { return {machine->block, machine->current->index}; }

std::byte* shared_memory(std::size_t needed, Site site) {
  Inside inside;
  if (needed > machine->grid.shared_bytes) {
    blame({"shared memory for a struct of " + std::to_string(needed) + " bytes, but the launch gives " +
               std::to_string(machine->grid.shared_bytes),
           {},
           {site.text()},
           {}});
    give_up();
  }
  return machine->shared->begin();
}

void require_shared(const char* word, const void* at, std::size_t bytes, Site site) {
  Inside inside;
  const std::byte* const first = static_cast<const std::byte*>(at);
  const GuardedBytes* const shared = machine->shared.get();
  const bool within = shared != nullptr && first >= shared->begin() && first + bytes <= shared->begin() + shared->size();
  if (within && reinterpret_cast<std::uintptr_t>(at) % bytes == 0) return;
  blame({std::string(word) + (within ? " of bytes that are not aligned" : " outside of shared memory"),
         {},
         {site.text()},
         {}});
  give_up();
}

int block_barrier(const char* word, int brought, Site site) {
  Inside inside;
  machine->brought += brought;
  wait(State::at_block_barrier, word, 0, site);
  machine->current->fiber.leave();
  return machine->taken;
}

void warp_operation(const char* word, std::uint32_t mask, Site site, const void* brought, std::size_t brought_bytes,
                    void* taken, std::size_t taken_bytes, Combine combine) {
  Inside inside;
  Thread& thread = *machine->current;
  if ((mask >> thread.index % kLanes & 1u) == 0) {
    blame({std::string(word) + " with a mask that leaves out the lane that calls it", {}, {site.text()}, {}});
    give_up();
  }
  wait(State::at_warp_operation, word, mask, site);
  if (brought_bytes != 0) std::memcpy(thread.brought.data(), brought, brought_bytes);

  if (all_have_come(thread)) {
    combine_lanes(thread, combine);
  } else {
    thread.fiber.leave();
  }
  if (taken_bytes != 0) std::memcpy(taken, thread.taken.data(), taken_bytes);
}

void warp_barrier(std::uint32_t mask, Site site) {
  warp_operation("__syncwarp", mask, site, nullptr, 0, nullptr, 0, [](Exchange& exchange) {
    if (watcher() != nullptr) watcher()->warp_barrier(machine->current->index / kLanes, exchange.mask);
  });
}

void atomic_access(const void* address, std::size_t bytes, const void* counter) {
  Inside inside;
  if (watcher() != nullptr) watcher()->atomic_access(address, bytes, counter);
}

void copy_later(void* to, const void* from, Site site) {
  Inside inside;
  const void* counter = __builtin_return_address(0);
  const auto aligned = [](const void* address) { return reinterpret_cast<std::uintptr_t>(address) % 16 == 0; };
  if (!aligned(to) || !aligned(from)) {
    blame({"an asynchronous copy that is not aligned to 16 bytes", {}, {site.text()}, {}});
    give_up();
  }
  if (watcher() != nullptr) {
    watcher()->write(to, 16, counter);
    watcher()->forget_content(to, 16);
  }
  poison(to, 16);
  machine->current->late.back().push_back({static_cast<std::byte*>(to), static_cast<const std::byte*>(from), counter});
}

void close_copy_group() {
  Inside inside;
  machine->current->late.emplace_back();
}

void deliver_copy_groups(unsigned except_latest) {
  Inside inside;
  auto& late = machine->current->late;
  // The open group is no group yet: waits leave it alone.
  while (late.size() > std::size_t{except_latest} + 1) {
    for (const LateCopy& copy : late.front()) {
      if (copy.from != nullptr) {
        std::memcpy(copy.to, copy.from, 16);
      } else {
        std::memset(copy.to, 0, 16);
      }
      if (watcher() != nullptr) watcher()->write(copy.to, 16, copy.counter);
    }
    late.erase(late.begin());
  }
}

}  // namespace boxwarp::emulator

#if BOXWARP_EMULATOR_ADDRESS
// The undefined-behaviour sanitizer of g++ dies without the callback of the address sanitizer, but calls this at every
// report.
extern "C" void __ubsan_on_report() { boxwarp::emulator::tell_place(); }
#endif
