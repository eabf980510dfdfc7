// An array of floats on a boundary that suits every vector instruction, zero at first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>

#include <hwy/aligned_allocator.h>

namespace boxwarp {

class AlignedFloats {
 public:
  AlignedFloats() = default;
  explicit AlignedFloats(std::size_t size) : size_(size) {
    if (size == 0) return;
    data_ = hwy::AllocateAligned<float>(size);
    if (data_ == nullptr) throw std::bad_alloc();
    std::fill_n(data_.get(), size, 0.0f);  // also makes the memory ours now, not at the first write
  }

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(float); }

 private:
  hwy::AlignedFreeUniquePtr<float[]> data_;
  std::size_t size_ = 0;
};

}  // namespace boxwarp
