// Memory as kernels see it: poisoned when fresh, with guard zones around it, and known to the emulator by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace boxwarp::emulator {

// Fresh bytes repeat these two: not a number as float, double or Bf16, and a large negative integer.
inline constexpr unsigned char kPoison[2] = {0xFA, 0xFF};
void poison(void* begin, std::size_t bytes);

// Bytes between two guard zones, aligned to 256. In the address build the zones are poisoned for the sanitizer too.
class GuardedBytes {
 public:
  static constexpr std::size_t kGuard = 256;

  explicit GuardedBytes(std::size_t bytes);
  ~GuardedBytes();
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  std::byte* begin() const { return begin_; }
  std::size_t size() const { return bytes_; }
  bool guards_intact() const;

 private:
  std::byte* begin_;
  std::size_t bytes_;
};

// A guarded range that kernels may touch. Stays where it is.
struct Region {
  Region(std::size_t bytes, std::string called);
  ~Region();
  Region(const Region&) = delete;

  GuardedBytes memory;
  std::string name;
};

const std::vector<Region*>& regions();

// Tells the shadow that the host has written these bytes.
void written_by_host(const void* begin, std::size_t bytes);

// Device memory of count elements: what tests hand to kernels instead of cudaMalloc's. Fresh content is poison, and the
// shadow reports a kernel that reads it. The host writes through fill(), copy_from() and the mutable operator[].
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit Buffer(std::size_t count, std::string name = "buffer")
      : region_(count * sizeof(T), std::move(name)), count_(count) {}
  explicit Buffer(std::span<const T> values, std::string name = "buffer") : Buffer(values.size(), std::move(name)) {
    copy_from(values);
  }
  explicit Buffer(const std::vector<T>& values, std::string name = "buffer")
      : Buffer(std::span<const T>(values), std::move(name)) {}
  Buffer(std::initializer_list<T> values, std::string name = "buffer")
      : Buffer(std::span<const T>(values.begin(), values.size()), std::move(name)) {}

  std::size_t size() const { return count_; }
  T* data() { return reinterpret_cast<T*>(region_.memory.begin()); }  // for kernels
  const T* data() const { return reinterpret_cast<const T*>(region_.memory.begin()); }
  const T& operator[](std::size_t i) const { return data()[i]; }
  T& operator[](std::size_t i) {
    written_by_host(data() + i, sizeof(T));
    return data()[i];
  }
  const T* begin() const { return data(); }
  const T* end() const { return data() + count_; }

  // Throws nothing: more values than elements are cut off.
  void copy_from(std::span<const T> values) {
    const std::size_t bytes = std::min(values.size(), count_) * sizeof(T);
    if (bytes != 0) std::memcpy(static_cast<void*>(data()), values.data(), bytes);
    written_by_host(data(), bytes);
  }
  void fill(const T& value) {
    for (std::size_t i = 0; i < count_; i++) data()[i] = value;
    written_by_host(data(), count_ * sizeof(T));
  }
  std::vector<T> values() const { return std::vector<T>(begin(), end()); }

 private:
  Region region_;
  std::size_t count_;
};

}  // namespace boxwarp::emulator
