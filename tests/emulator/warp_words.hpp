// Words by which the lanes of a warp speak with one another. The lanes named by a mask must all exist and all come.
// Shuffles and votes do not order memory; __syncwarp does.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <functional>
#include <type_traits>

#include "emulator/machine.hpp"

namespace boxwarp::emulator {

struct Shuffled {
  std::uint64_t bits;
  unsigned source;  // lane
};

// A lane that asks for one outside the mask gets poison, because CUDA leaves the value open.
inline void combine_shuffle(Exchange& exchange) {
  for (unsigned lane = 0; lane < kLanes; lane++) {
    if ((exchange.mask >> lane & 1u) == 0) continue;
    Shuffled mine, source;
    std::memcpy(&mine, exchange.brought[lane].data(), sizeof mine);
    std::memcpy(&source, exchange.brought[mine.source].data(), sizeof source);
    const bool there = (exchange.mask >> mine.source & 1u) != 0;
    const std::uint64_t bits = there ? source.bits : 0xFFFA'FFFA'FFFA'FFFAu;
    std::memcpy(exchange.taken[lane].data(), &bits, sizeof bits);
  }
}

template <class T>
T shuffle(const char* word, std::uint32_t mask, T value, unsigned source, Site site) {
  static_assert(std::is_arithmetic_v<T> && (sizeof(T) == 4 || sizeof(T) == 8), "CUDA shuffles numbers of 4 or 8 bytes");
  Shuffled brought{0, source};
  std::memcpy(&brought.bits, &value, sizeof value);
  return warp_operation<T>(word, mask, site, brought, combine_shuffle);
}

inline void combine_ballot(Exchange& exchange) {
  std::uint32_t votes = 0;
  for (unsigned lane = 0; lane < kLanes; lane++)
    if ((exchange.mask >> lane & 1u) != 0) votes |= std::to_integer<std::uint32_t>(exchange.brought[lane][0]) << lane;
  for (unsigned lane = 0; lane < kLanes; lane++) std::memcpy(exchange.taken[lane].data(), &votes, sizeof votes);
}

inline unsigned ballot(const char* word, std::uint32_t mask, bool claim, Site site) {
  return warp_operation<unsigned>(word, mask, site, claim, combine_ballot);
}

// Folds what all lanes brought into one number, lane 0 first.
template <class T, class Fold>
void combine_fold(Exchange& exchange) {
  T folded{};
  bool first = true;
  for (unsigned lane = 0; lane < kLanes; lane++) {
    if ((exchange.mask >> lane & 1u) == 0) continue;
    T brought;
    std::memcpy(&brought, exchange.brought[lane].data(), sizeof brought);
    folded = first ? brought : Fold{}(folded, brought);
    first = false;
  }
  for (unsigned lane = 0; lane < kLanes; lane++) std::memcpy(exchange.taken[lane].data(), &folded, sizeof folded);
}

struct Smaller {
  template <class T>
  T operator()(T a, T b) const {
    return b < a ? b : a;
  }
};
struct Larger {
  template <class T>
  T operator()(T a, T b) const {
    return a < b ? b : a;
  }
};
template <class T>
concept Reduces = std::same_as<T, int> || std::same_as<T, unsigned>;

inline unsigned this_lane() { return here().thread % kLanes; }

}  // namespace boxwarp::emulator

// width: 1, 2, 4, 8, 16 or 32; lanes speak within segments of that many.

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32,
              boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  const unsigned lane = boxwarp::emulator::this_lane(), inner = static_cast<unsigned>(width) - 1;
  return boxwarp::emulator::shuffle("__shfl_sync", mask, value, (lane & ~inner) | (static_cast<unsigned>(source) & inner),
                                    site);
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned distance, int width = 32,
                 boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  const unsigned lane = boxwarp::emulator::this_lane(), inner = static_cast<unsigned>(width) - 1;
  const unsigned source = (lane & inner) >= distance ? lane - distance : lane;
  return boxwarp::emulator::shuffle("__shfl_up_sync", mask, value, source, site);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned distance, int width = 32,
                   boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  const unsigned lane = boxwarp::emulator::this_lane(), inner = static_cast<unsigned>(width) - 1;
  const unsigned source = distance <= inner - (lane & inner) ? lane + distance : lane;
  return boxwarp::emulator::shuffle("__shfl_down_sync", mask, value, source, site);
}

// A lane may look into an earlier segment, but not into a later one.
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int difference, int width = 32,
                  boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  const unsigned lane = boxwarp::emulator::this_lane(), inner = static_cast<unsigned>(width) - 1;
  const unsigned other = (lane ^ static_cast<unsigned>(difference)) % boxwarp::emulator::kLanes;
  return boxwarp::emulator::shuffle("__shfl_xor_sync", mask, value, other <= (lane | inner) ? other : lane, site);
}

inline unsigned __ballot_sync(unsigned mask, int claim, boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  return boxwarp::emulator::ballot("__ballot_sync", mask, claim != 0, site);
}
inline int __any_sync(unsigned mask, int claim, boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  return boxwarp::emulator::ballot("__any_sync", mask, claim != 0, site) != 0;
}
inline int __all_sync(unsigned mask, int claim, boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  return boxwarp::emulator::ballot("__all_sync", mask, claim != 0, site) == mask;
}
inline void __syncwarp(unsigned mask = 0xffffffffu, boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  boxwarp::emulator::warp_barrier(mask, site);
}

// Over the lanes of the mask, from compute capability 8.0 on. Sums go round.
template <boxwarp::emulator::Reduces T>
T __reduce_add_sync(unsigned mask, T value, boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  const unsigned sum = boxwarp::emulator::warp_operation<unsigned>(
      "__reduce_add_sync", mask, site, static_cast<unsigned>(value), boxwarp::emulator::combine_fold<unsigned, std::plus<>>);
  return static_cast<T>(sum);
}
template <boxwarp::emulator::Reduces T>
T __reduce_min_sync(unsigned mask, T value, boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  return boxwarp::emulator::warp_operation<T>("__reduce_min_sync", mask, site, value,
                                              boxwarp::emulator::combine_fold<T, boxwarp::emulator::Smaller>);
}
template <boxwarp::emulator::Reduces T>
T __reduce_max_sync(unsigned mask, T value, boxwarp::emulator::Site site = boxwarp::emulator::Site::here()) {
  return boxwarp::emulator::warp_operation<T>("__reduce_max_sync", mask, site, value,
                                              boxwarp::emulator::combine_fold<T, boxwarp::emulator::Larger>);
}
