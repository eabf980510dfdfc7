// Where threads wait for one another: barriers of the block, operations of a warp.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "emulator/machine_state.hpp"

namespace boxwarp::emulator {
namespace {

void wait(State state, const char* word, std::uint32_t mask, Site site) {
  Thread& thread = *machine->current;
  thread.state = state;
  thread.word = word;
  thread.mask = mask;
  thread.site = site;
}

bool same(const char* a, const char* b) { return std::strcmp(a, b) == 0; }

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

}  // namespace

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

void throw_stuck() {
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

}  // namespace boxwarp::emulator
