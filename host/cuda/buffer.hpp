// Arrays of one type: on a GPU, and in host memory that a GPU copies from and to while the processor works.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "host/cuda/memory.hpp"
#include "host/cuda/stream.hpp"

namespace boxwarp {

namespace detail {

// Bytes of `count` elements. Throws std::length_error where that is more than any machine has.
template <class T>
std::size_t bytes_of(std::size_t count, const std::string& what) {
  static_assert(std::is_trivially_copyable_v<T>, "elements are copied as bytes");
  if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::length_error(what);
  return count * sizeof(T);
}

void same_size(std::size_t here, std::size_t there);  // throws std::invalid_argument

void* pinned(std::size_t bytes);  // throws DeviceError
void unpin(void* memory) noexcept;

}  // namespace detail

// Owns `count` zeroed elements on the GPU that is current where it is made. Throws like DeviceMemory.
template <class T>
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(std::size_t count, const std::string& what = "buffer")
      : memory_(detail::bytes_of<T>(count, what), what), count_(count) {}
  DeviceBuffer(DeviceBuffer&& other) noexcept : memory_(std::move(other.memory_)), count_(std::exchange(other.count_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(count_, other.count_);
    return *this;
  }

  T* data() const { return static_cast<T*>(memory_.get()); }  // an address of the device
  std::size_t size() const { return count_; }
  std::size_t bytes() const { return memory_.bytes(); }

  // In the stream's order; host memory of the same number of elements must live until that is done.
  void upload(const CudaStream& stream, std::span<const T> from) {
    detail::same_size(count_, from.size());
    if (count_ != 0) stream.copy(data(), from.data(), bytes());
  }
  void download(const CudaStream& stream, std::span<T> to) const {
    detail::same_size(count_, to.size());
    if (count_ != 0) stream.copy(to.data(), data(), bytes());
  }

 private:
  DeviceMemory memory_;
  std::size_t count_ = 0;
};

// Owns `count` zeroed elements of host memory that stay in place. Throws DeviceError where they cannot be had.
template <class T>
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  explicit PinnedBuffer(std::size_t count)
      : memory_(static_cast<T*>(detail::pinned(detail::bytes_of<T>(count, "pinned buffer")))), count_(count) {}
  ~PinnedBuffer() { detail::unpin(memory_); }
  PinnedBuffer(PinnedBuffer&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  PinnedBuffer& operator=(PinnedBuffer&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(count_, other.count_);
    return *this;
  }

  T* data() { return memory_; }
  const T* data() const { return memory_; }
  std::size_t size() const { return count_; }
  std::size_t bytes() const { return count_ * sizeof(T); }
  T& operator[](std::size_t index) { return memory_[index]; }
  const T& operator[](std::size_t index) const { return memory_[index]; }
  std::span<T> span() { return {memory_, count_}; }
  std::span<const T> span() const { return {memory_, count_}; }

 private:
  T* memory_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace boxwarp
