#include "emulator/machine.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <random>
#include <utility>

#include "emulator/lines.hpp"
#include "emulator/machine_state.hpp"
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
Machine* machine = nullptr;

Watcher*& watcher() {
  static Watcher* only = nullptr;
  return only;
}

namespace {

std::vector<Stack>& stacks() {
  static std::vector<Stack> kept;
  return kept;
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

void resume(Thread& thread) {
  machine->current = &thread;
  threadIdx.x = thread.index;
  thread.fiber.resume();
  in_kernel_text = false;
  if (machine->thrown) std::rethrow_exception(std::exchange(machine->thrown, nullptr));
  if (machine->report) throw_fault(std::move(*machine->report));
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
    thread.products.assign(1, {});
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

void throw_fault(Report report) {
  std::string what = report.what;
  for (const void* counter : report.counters) report.lines.push_back(line_of(counter));
  for (std::size_t i = 0; i < report.lines.size(); i++) what += (i == 0 ? " [" : "; ") + report.lines[i];
  if (!report.lines.empty()) what += "]";
  throw Fault(machine->work->kernel, machine->block, std::move(report.threads), std::move(report.lines), what);
}

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

namespace {

// Kernels, the shared memory that they were launched with and the threads of a block, a line each, in the file that
// BOXWARP_GRIDS names: for tests/kernel_budget.py, since no compiler prints memory that a launch asks for.
void tell_grid(const Grid& grid, const Work& work) {
  static const char* const path = std::getenv("BOXWARP_GRIDS");
  if (path == nullptr) return;
  std::ofstream(path, std::ios::app) << work.kernel << ' ' << grid.shared_bytes << ' ' << grid.threads << '\n';
}

}  // namespace

void run(const Schedule& schedule, const Grid& grid, const Work& work) {
  if (machine != nullptr) throw std::logic_error("a kernel was launched inside another");
  if (grid.blocks == 0 || grid.threads == 0 || grid.threads > kMostThreads || grid.shared_bytes > kMostSharedBytes)
    throw Fault(work.kernel, 0, {}, {},
                "a grid of " + std::to_string(grid.blocks) + " blocks of " + std::to_string(grid.threads) + " threads and " +
                    std::to_string(grid.shared_bytes) + " bytes, allowed are 1 or more, 1 to 1024, 0 to 232448");
  prepare_reports();
  tell_grid(grid, work);
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

}  // namespace boxwarp::emulator

#if BOXWARP_EMULATOR_ADDRESS
// The undefined-behaviour sanitizer of g++ dies without the callback of the address sanitizer, but calls this at every
// report.
extern "C" void __ubsan_on_report() { boxwarp::emulator::tell_place(); }
#endif
