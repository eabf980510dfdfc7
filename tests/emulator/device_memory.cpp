// Memory as the words see it: the block's shared memory, atomics, copies that arrive late.
#include <cstring>
#include <string>

#include "emulator/machine_state.hpp"

namespace boxwarp::emulator {

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
