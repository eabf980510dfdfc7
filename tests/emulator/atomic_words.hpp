// Atomic words for whole numbers: each returns what was there before. The types are those that CUDA takes.
#pragma once

#include <concepts>
#include <type_traits>

#include "emulator/machine.hpp"

namespace boxwarp::emulator {

template <class T, class... Allowed>
concept OneOf = (std::same_as<T, Allowed> || ...);

// Threads never change turns inside a word, so that reading, changing and writing back is atomic as it stands.
// Not inlined, so that it returns into kernel text: the words below are always inlined there.
template <class T, class Change>
__attribute__((noinline, no_sanitize("thread"))) T atomically(T* at, Change change) {
  atomic_access(at, sizeof(T), __builtin_return_address(0));
  const T before = *at;
  *at = change(before);
  return before;
}

// Sums that leave the range go round, also for signed numbers.
template <class T>
constexpr T wrapped_sum(T a, T b) {
  using Unsigned = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<Unsigned>(static_cast<Unsigned>(a) + static_cast<Unsigned>(b)));
}

template <class T>
constexpr T wrapped_difference(T a, T b) {
  using Unsigned = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<Unsigned>(static_cast<Unsigned>(a) - static_cast<Unsigned>(b)));
}

template <class T>
concept Adds = OneOf<T, int, unsigned, unsigned long long>;
template <class T>
concept Subtracts = OneOf<T, int, unsigned>;
template <class T>
concept Compares = OneOf<T, int, unsigned, long long, unsigned long long>;

}  // namespace boxwarp::emulator

template <boxwarp::emulator::Adds T>
__attribute__((always_inline)) inline T atomicAdd(T* at, std::type_identity_t<T> value) {
  return boxwarp::emulator::atomically(at, [value](T before) { return boxwarp::emulator::wrapped_sum(before, value); });
}
template <boxwarp::emulator::Subtracts T>
__attribute__((always_inline)) inline T atomicSub(T* at, std::type_identity_t<T> value) {
  return boxwarp::emulator::atomically(at,
                                       [value](T before) { return boxwarp::emulator::wrapped_difference(before, value); });
}
template <boxwarp::emulator::Compares T>
__attribute__((always_inline)) inline T atomicMin(T* at, std::type_identity_t<T> value) {
  return boxwarp::emulator::atomically(at, [value](T before) { return value < before ? value : before; });
}
template <boxwarp::emulator::Compares T>
__attribute__((always_inline)) inline T atomicMax(T* at, std::type_identity_t<T> value) {
  return boxwarp::emulator::atomically(at, [value](T before) { return value > before ? value : before; });
}
template <boxwarp::emulator::Compares T>
__attribute__((always_inline)) inline T atomicAnd(T* at, std::type_identity_t<T> value) {
  return boxwarp::emulator::atomically(at, [value](T before) { return before & value; });
}
template <boxwarp::emulator::Compares T>
__attribute__((always_inline)) inline T atomicOr(T* at, std::type_identity_t<T> value) {
  return boxwarp::emulator::atomically(at, [value](T before) { return before | value; });
}
template <boxwarp::emulator::Compares T>
__attribute__((always_inline)) inline T atomicXor(T* at, std::type_identity_t<T> value) {
  return boxwarp::emulator::atomically(at, [value](T before) { return before ^ value; });
}
template <boxwarp::emulator::Adds T>
__attribute__((always_inline)) inline T atomicExch(T* at, std::type_identity_t<T> value) {
  return boxwarp::emulator::atomically(at, [value](T) { return value; });
}
// Writes value where expected stands.
template <boxwarp::emulator::Adds T>
__attribute__((always_inline)) inline T atomicCAS(T* at, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  return boxwarp::emulator::atomically(at, [=](T before) { return before == expected ? value : before; });
}
