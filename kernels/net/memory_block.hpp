// A block of device memory, dealt out array by array.
#pragma once

#include <cstddef>
#include <cstdint>

namespace boxwarp {

// Without a block it only counts: whoever lays out memory goes through the same lines to learn how much it needs.
class MemoryBlock {
 public:
  static constexpr std::size_t kAlignment = 256;

  // begin: aligned to 256, or null.
  explicit MemoryBlock(void* begin) : begin_(static_cast<std::byte*>(begin)) {}

  // The next array; null where there is no block.
  template <class Element>
  Element* take(std::size_t count) {
    Element* array = begin_ == nullptr ? nullptr : reinterpret_cast<Element*>(begin_ + used_);
    used_ += (count * sizeof(Element) + kAlignment - 1) / kAlignment * kAlignment;
    return array;
  }

  std::size_t used() const { return used_; }  // bytes

 private:
  std::byte* begin_;
  std::size_t used_ = 0;
};

}  // namespace boxwarp
