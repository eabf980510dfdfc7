// Memory in whole pages, for arrays that many threads work on or that are read at random places.
//
// Arrays that share no page do not get into each other's way: a core fetches ahead to the end of a page, and would take from
// another one what that one writes. Large arrays have pages of two mebibytes where the kernel has them, so that an address
// costs no walk through its tables: a level bank of Boxoban has thousands of ordinary pages, more than a processor keeps in
// mind.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace boxwarp {

// An allocator for std::vector. Less than a page is ordinary memory.
template <class T>
struct WholePages {
  using value_type = T;

  WholePages() = default;
  template <class Other>
  WholePages(const WholePages<Other>&) {}

  T* allocate(std::size_t count) {
    if (count * sizeof(T) < kPage) return static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
    const std::size_t page = count * sizeof(T) < kLargePage ? kPage : kLargePage;
    const std::size_t bytes = (count * sizeof(T) + page - 1) / page * page;
    void* memory = std::aligned_alloc(page, bytes);
    if (memory == nullptr) throw std::bad_alloc();
    // a wish: without it everything works, slower
    if (page == kLargePage) static_cast<void>(::madvise(memory, bytes, MADV_HUGEPAGE));
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kPage)
      ::operator delete(memory, kAlignment);
    else
      std::free(memory);
  }

  friend bool operator==(const WholePages&, const WholePages&) { return true; }

 private:
  static constexpr std::align_val_t kAlignment{alignof(T)};  // which may be more than memory has by itself
  static constexpr std::size_t kPage = 4096, kLargePage = std::size_t{2} << 20;
};

}  // namespace boxwarp
