#include "emulator/memory.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "emulator/variant.hpp"
#include "emulator/watcher.hpp"

#if BOXWARP_EMULATOR_ADDRESS
#include <sanitizer/asan_interface.h>
#endif

namespace boxwarp::emulator {
namespace {

constexpr std::align_val_t kAlignment{256};

// Sanitizers forbid the bytes from begin on, or allow them again.
#if BOXWARP_EMULATOR_ADDRESS
void forbid(const void* begin, std::size_t bytes) { ASAN_POISON_MEMORY_REGION(begin, bytes); }
void allow(const void* begin, std::size_t bytes) { ASAN_UNPOISON_MEMORY_REGION(begin, bytes); }
#else
void forbid(const void*, std::size_t) {}
void allow(const void*, std::size_t) {}
#endif

bool all_poison(const std::byte* begin, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i++)
    if (static_cast<unsigned char>(begin[i]) != kPoison[i % 2]) return false;
  return true;
}

std::vector<Region*>& known() {
  static std::vector<Region*> list;
  return list;
}

}  // namespace

void poison(void* begin, std::size_t bytes) {
  unsigned char* to = static_cast<unsigned char*>(begin);
  for (std::size_t i = 0; i < bytes; i++) to[i] = kPoison[i % 2];
}

GuardedBytes::GuardedBytes(std::size_t bytes) : bytes_(bytes) {
  std::byte* all = static_cast<std::byte*>(::operator new(bytes + 2 * kGuard, kAlignment));
  begin_ = all + kGuard;
  poison(all, kGuard);
  poison(begin_, bytes_);
  poison(begin_ + bytes_, kGuard);
  forbid(all, kGuard);
  forbid(begin_ + bytes_, kGuard);
}

GuardedBytes::~GuardedBytes() {
  allow(begin_ - kGuard, bytes_ + 2 * kGuard);
  ::operator delete(begin_ - kGuard, kAlignment);
}

bool GuardedBytes::guards_intact() const {
  // The sanitizer sees every touch of its zones at once, and would see this look at them too.
  if (BOXWARP_EMULATOR_ADDRESS) return true;
  return all_poison(begin_ - kGuard, kGuard) && all_poison(begin_ + bytes_, kGuard);
}

Region::Region(std::size_t bytes, std::string called) : memory(bytes), name(std::move(called)) {
  known().push_back(this);
  if (watcher() != nullptr) watcher()->region_added(*this);
}

Region::~Region() {
  if (watcher() != nullptr) watcher()->region_removed(*this);
  std::erase(known(), this);
}

const std::vector<Region*>& regions() { return known(); }

void written_by_host(const void* begin, std::size_t bytes) {
  if (watcher() != nullptr) watcher()->written_by_host(begin, bytes);
}

}  // namespace boxwarp::emulator
