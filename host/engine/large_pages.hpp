// Memory that is read at random places: pages of two mebibytes where the kernel has them, so that an address costs no walk
// through its tables. A level bank of Boxoban has thousands of ordinary pages, more than a processor keeps in mind.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace boxwarp {

// An allocator for std::vector. Less than a large page is ordinary memory.
template <class T>
struct LargePages {
  using value_type = T;

  LargePages() = default;
  template <class Other>
  LargePages(const LargePages<Other>&) {}

  T* allocate(std::size_t count) {
    if (count * sizeof(T) < kPage) return static_cast<T*>(::operator new(count * sizeof(T)));
    const std::size_t bytes = (count * sizeof(T) + kPage - 1) / kPage * kPage;
    void* memory = std::aligned_alloc(kPage, bytes);
    if (memory == nullptr) throw std::bad_alloc();
    static_cast<void>(::madvise(memory, bytes, MADV_HUGEPAGE));  // a wish: without it everything works, slower
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kPage)
      ::operator delete(memory);
    else
      std::free(memory);
  }

  friend bool operator==(const LargePages&, const LargePages&) { return true; }

 private:
  static constexpr std::size_t kPage = std::size_t{2} << 20;
};

}  // namespace boxwarp
