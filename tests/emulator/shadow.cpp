#include "emulator/shadow.hpp"

#include <algorithm>

#include "emulator/memory.hpp"

// The program's image in memory, from the linker: its constants may be read.
extern "C" const char __executable_start, end;

namespace boxwarp::emulator {
namespace {

const std::byte* bytes_at(const void* address) { return static_cast<const std::byte*>(address); }

std::uint32_t packed(const void* counter) {
  return static_cast<std::uint32_t>(static_cast<const char*>(counter) - &__executable_start);
}
const void* unpacked(std::uint32_t counter) { return &__executable_start + counter; }

bool in_image(const std::byte* begin) { return begin >= bytes_at(&__executable_start) && begin < bytes_at(&end); }

const char* said(Access access) {
  return access == Access::read ? "reads" : access == Access::write ? "writes" : "atomically changes";
}

// Constructed before the first kernel and never destroyed: buffers of static lifetime may outlive everything else.
[[maybe_unused]] const bool installed = (watcher() = &shadow(), true);

}  // namespace

Shadow& shadow() {
  static Shadow& only = *new Shadow;
  return only;
}

void Shadow::region_added(const Region& region) {
  Range& range = ranges_[region.memory.begin()];
  range = {region.memory.begin(), region.memory.size(), region.name, {}};
  latest_ = nullptr;
}

void Shadow::region_removed(const Region& region) {
  ranges_.erase(region.memory.begin());
  latest_ = nullptr;
}

Shadow::Range* Shadow::range_of(const std::byte* begin) {
  const auto holds = [begin](const Range& range) { return begin >= range.begin && begin < range.begin + range.bytes; };
  if (holds(shared_)) return &shared_;
  if (latest_ != nullptr && holds(*latest_)) return latest_;
  auto next = ranges_.upper_bound(begin);
  if (next == ranges_.begin()) return nullptr;
  Range& range = std::prev(next)->second;
  if (!holds(range)) return nullptr;
  if (range.cells.empty()) range.cells.resize(range.bytes);
  return latest_ = &range;
}

void Shadow::written_by_host(const void* begin, std::size_t bytes) {
  Range* range = bytes == 0 ? nullptr : range_of(bytes_at(begin));
  if (range == nullptr) return;
  const std::size_t first = static_cast<std::size_t>(bytes_at(begin) - range->begin);
  for (std::size_t i = 0; i < bytes; i++) range->cells[first + i].content = true;
}

void Shadow::launch_starts(unsigned threads, const void* parameters, std::size_t parameter_bytes) {
  launch_++;
  threads_ = threads;
  parameters_ = bytes_at(parameters);
  parameters_end_ = parameters_ + parameter_bytes;
}

void Shadow::block_starts(const std::byte* shared, std::size_t shared_bytes) {
  shared_ = {shared, shared_bytes, "shared memory", std::vector<Cell>(shared_bytes)};
  floor_ = ++last_epoch_;
  epochs_.assign(threads_, floor_);
  seen_.assign(threads_, {});
}

void Shadow::launch_ends() {
  shared_ = {};
  parameters_ = parameters_end_ = nullptr;
}

void Shadow::block_barrier() {
  floor_ = ++last_epoch_;
  std::fill(epochs_.begin(), epochs_.end(), floor_);
}

void Shadow::warp_barrier(unsigned warp, std::uint32_t mask) {
  const std::size_t first = std::size_t{warp} * kLanes;
  std::array<std::uint32_t, kLanes> joint{};
  for (unsigned lane = 0; lane < kLanes; lane++) {
    if ((mask >> lane & 1u) == 0) continue;
    for (unsigned other = 0; other < kLanes; other++) joint[other] = std::max(joint[other], seen_[first + lane][other]);
    joint[lane] = std::max(joint[lane], epochs_[first + lane]);
  }
  last_epoch_++;
  for (unsigned lane = 0; lane < kLanes; lane++) {
    if ((mask >> lane & 1u) == 0) continue;
    seen_[first + lane] = joint;
    epochs_[first + lane] = last_epoch_;
  }
}

bool Shadow::ordered(const Touch& before, const Touch& now) const {
  if (before.thread == 0 || before.thread == now.thread) return true;
  const std::uint32_t a = before.thread - 1, b = now.thread - 1;
  if (a / threads_ != b / threads_) return false;
  if (before.epoch < floor_) return true;
  const std::uint32_t mine = a % threads_, yours = b % threads_;
  return mine / kLanes == yours / kLanes && before.epoch <= seen_[yours][mine % kLanes];
}

std::string Shadow::named(std::uint32_t thread) const {
  const std::uint32_t index = thread - 1;
  std::string text = "thread " + std::to_string(index % threads_);
  if (index / threads_ != here().block) text += " of block " + std::to_string(index / threads_);
  return text;
}

void Shadow::blame_race(Access access, const Range& range, std::size_t at, const Touch& before, const char* before_did,
                        const Touch& now, const void* counter) const {
  std::vector<unsigned> threads = {here().thread};
  if ((before.thread - 1) / threads_ == here().block) threads.push_back((before.thread - 1) % threads_);
  blame({"race: " + named(now.thread) + " " + said(access) + " byte " + std::to_string(at) + " of " + range.name +
             ", which " + named(before.thread) + " " + before_did + ", with no barrier between them",
         threads,
         {},
         {counter, unpacked(before.counter)}});
}

void Shadow::blame_place(Access access, const std::byte* first, std::size_t bytes, const Range* range,
                         const void* counter) const {
  std::string what = std::string(said(access)) + " " + std::to_string(bytes) + " bytes ";
  if (range != nullptr) {
    what += "that end behind " + range->name + " of " + std::to_string(range->bytes) + " bytes";
  } else if (constant(first)) {
    what += "of a constant or a variable of the program";
  } else if (on_a_stack(first)) {
    what += "of another thread's local memory";
  } else {
    what += "outside of every buffer";
    const auto tell_near = [&](const Range& near) {
      const std::byte* const after = near.begin + near.bytes;
      if (first >= after && first < after + GuardedBytes::kGuard)
        what += ", " + std::to_string(first - after) + " behind " + near.name;
      if (first < near.begin && first + GuardedBytes::kGuard >= near.begin)
        what += ", " + std::to_string(near.begin - first) + " before " + near.name;
    };
    tell_near(shared_);
    for (const auto& [start, near] : ranges_) tell_near(near);
  }
  blame({what, {}, {}, {counter}});
}

bool Shadow::constant(const std::byte* first) const {
  return in_image(first) || (first >= parameters_ && first < parameters_end_);
}

void Shadow::keep_reader(Cell& cell, const Touch& now) {
  const auto warp = [this](const Touch& touch) {
    const std::uint32_t index = touch.thread - 1;
    return std::pair(index / threads_, index % threads_ / kLanes);
  };
  for (Touch& read : cell.reads)
    if (read.thread == now.thread) {
      read = now;
      return;
    }
  for (Touch& read : cell.reads)
    if (ordered(read, now)) {
      read = now;
      return;
    }
  if (warp(cell.reads[0]) == warp(cell.reads[1])) cell.reads[1] = now;
}

void Shadow::check_cell(Access access, Range& range, std::size_t at, const Touch& now, const void* counter) {
  Cell& cell = range.cells[at];
  if (cell.launch != launch_) cell = Cell{{}, {}, launch_, false, cell.content};
  if (access != Access::write && !cell.content) {
    blame({std::string(said(access)) + " byte " + std::to_string(at) + " of " + range.name + ", which nobody has written",
           {},
           {},
           {counter}});
    give_up();
  }
  if (!(access == Access::atomic && cell.atomic_write) && !ordered(cell.write, now)) {
    blame_race(access, range, at, cell.write, cell.atomic_write ? "has changed atomically" : "has written", now, counter);
    give_up();
  }
  if (access == Access::read) {
    keep_reader(cell, now);
    return;
  }
  for (const Touch& read : cell.reads) {
    if (ordered(read, now)) continue;
    blame_race(access, range, at, read, "has read", now, counter);
    give_up();
  }
  cell.write = now;
  cell.atomic_write = access == Access::atomic;
  cell.content = true;
}

void Shadow::see(Access access, const void* begin, std::size_t bytes, bool aligned, const void* counter) {
  const std::byte* const first = bytes_at(begin);
  const StackRange stack = own_stack();
  if (first >= stack.low && first < stack.high) return;
  Range* const range = range_of(first);
  if (range == nullptr && access == Access::read && constant(first)) return;
  if (range == nullptr || bytes > range->bytes - static_cast<std::size_t>(first - range->begin)) {
    blame_place(access, first, bytes, range, counter);
    give_up();
  }
  if (aligned && reinterpret_cast<std::uintptr_t>(begin) % bytes != 0) {
    blame({std::string(said(access)) + " " + std::to_string(bytes) + " bytes that are not aligned", {}, {}, {counter}});
    give_up();
  }
  const Place place = here();
  const Touch now = {place.block * threads_ + place.thread + 1, epochs_[place.thread], packed(counter)};
  const std::size_t at = static_cast<std::size_t>(first - range->begin);
  for (std::size_t i = 0; i < bytes; i++) check_cell(access, *range, at + i, now, counter);
}

void Shadow::atomic_access(const void* begin, std::size_t bytes, const void* counter) {
  see(Access::atomic, begin, bytes, true, counter);
}

void Shadow::read(const void* begin, std::size_t bytes, const void* counter) {
  see(Access::read, begin, bytes, false, counter);
}

void Shadow::write(const void* begin, std::size_t bytes, const void* counter) {
  see(Access::write, begin, bytes, false, counter);
}

void Shadow::forget_content(const void* begin, std::size_t bytes) {
  Range* range = range_of(bytes_at(begin));
  if (range == nullptr) return;
  const std::size_t first = static_cast<std::size_t>(bytes_at(begin) - range->begin);
  for (std::size_t i = 0; i < bytes; i++) range->cells[first + i].content = false;
}

}  // namespace boxwarp::emulator
