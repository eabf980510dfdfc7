// The calls that compilers put before every access under -fsanitize=thread. This file takes the place of their library.
#include <cstddef>
#include <cstdint>

#include "emulator/shadow.hpp"

namespace boxwarp::emulator {
namespace {

// Accesses by the host and by the machinery itself are of no interest.
void see(Access access, const void* begin, std::size_t bytes, bool aligned, const void* counter) {
  if (!in_kernel_text || bytes == 0) return;
  in_kernel_text = false;
  shadow().see(access, begin, bytes, aligned, counter);
  in_kernel_text = true;
}

}  // namespace
}  // namespace boxwarp::emulator

using boxwarp::emulator::Access;
using boxwarp::emulator::see;

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

#define COUNTER __builtin_return_address(0)
#define ACCESSES(bytes)                                                                         \
  void __tsan_read##bytes(void* at) { see(Access::read, at, bytes, true, COUNTER); }            \
  void __tsan_write##bytes(void* at) { see(Access::write, at, bytes, true, COUNTER); }          \
  void __tsan_unaligned_read##bytes(void* at) { see(Access::read, at, bytes, false, COUNTER); } \
  void __tsan_unaligned_write##bytes(void* at) { see(Access::write, at, bytes, false, COUNTER); }
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)
#undef ACCESSES

void __tsan_read_range(void* at, std::size_t bytes) { see(Access::read, at, bytes, false, COUNTER); }
void __tsan_write_range(void* at, std::size_t bytes) { see(Access::write, at, bytes, false, COUNTER); }

// Compilers leave copies of unknown or large size to the library. The linker sends those of every object of the program here
// (--wrap), and finds the library's own under the names __real_.
void* __real_memcpy(void* to, const void* from, std::size_t bytes);
void* __real_memmove(void* to, const void* from, std::size_t bytes);
void* __real_memset(void* to, int value, std::size_t bytes);

void* __wrap_memcpy(void* to, const void* from, std::size_t bytes) {
  see(Access::read, from, bytes, false, COUNTER);
  see(Access::write, to, bytes, false, COUNTER);
  return __real_memcpy(to, from, bytes);
}
void* __wrap_memmove(void* to, const void* from, std::size_t bytes) {
  see(Access::read, from, bytes, false, COUNTER);
  see(Access::write, to, bytes, false, COUNTER);
  return __real_memmove(to, from, bytes);
}
void* __wrap_memset(void* to, int value, std::size_t bytes) {
  see(Access::write, to, bytes, false, COUNTER);
  return __real_memset(to, value, bytes);
}
// The same under the names that newer compilers call.
void* __tsan_memcpy(void* to, const void* from, std::size_t bytes) { return __wrap_memcpy(to, from, bytes); }
void* __tsan_memmove(void* to, const void* from, std::size_t bytes) { return __wrap_memmove(to, from, bytes); }
void* __tsan_memset(void* to, int value, std::size_t bytes) { return __wrap_memset(to, value, bytes); }

// C++ atomics, as reference counts of host code beside the kernels use them. Orders of memory do not matter: one thread.
#define FETCH(bits, name, expression)                                                                         \
  std::uint##bits##_t __tsan_atomic##bits##_##name(std::uint##bits##_t* at, std::uint##bits##_t value, int) { \
    see(Access::atomic, at, bits / 8, true, COUNTER);                                                         \
    const std::uint##bits##_t before = *at;                                                                   \
    *at = static_cast<std::uint##bits##_t>(expression);                                                       \
    return before;                                                                                            \
  }
#define EXCHANGE(bits, name)                                                                                \
  int __tsan_atomic##bits##_compare_exchange_##name(std::uint##bits##_t* at, std::uint##bits##_t* expected, \
                                                    std::uint##bits##_t value, int, int) {                  \
    see(Access::atomic, at, bits / 8, true, COUNTER);                                                       \
    const bool equal = *at == *expected;                                                                    \
    (equal ? *at : *expected) = equal ? value : *at;                                                        \
    return equal;                                                                                           \
  }
#define ATOMICS(bits)                                                                                \
  FETCH(bits, fetch_add, before + value)                                                             \
  FETCH(bits, fetch_sub, before - value)                                                             \
  FETCH(bits, fetch_and, before& value)                                                              \
  FETCH(bits, fetch_or, before | value)                                                              \
  FETCH(bits, fetch_xor, before ^ value)                                                             \
  FETCH(bits, exchange, value)                                                                       \
  EXCHANGE(bits, strong)                                                                             \
  EXCHANGE(bits, weak)                                                                               \
  std::uint##bits##_t __tsan_atomic##bits##_load(const std::uint##bits##_t* at, int) { return *at; } \
  void __tsan_atomic##bits##_store(std::uint##bits##_t* at, std::uint##bits##_t value, int) { *at = value; }
ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)
#undef ATOMICS
#undef EXCHANGE
#undef FETCH
#undef COUNTER
void __tsan_atomic_thread_fence(int) {}
void __tsan_atomic_signal_fence(int) {}

}  // extern "C"
