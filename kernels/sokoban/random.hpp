// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as
// 1, 2, 3"). A draw is a pure function of (seed, environment, stream, index), so no order of work can change it.
#pragma once

#include <cstdint>

#include "kernels/sokoban/host_device.hpp"

namespace boxwarp {

// What a draw is for; the index that goes with it stands behind.
enum class Stream : std::uint32_t {
  level = 0,           // the environment's episode
  cap = 1,             // the environment's episode
  action = 2,          // number of step calls since seeding
  symmetry = 3,        // the environment's episode
  generator = 4,       // level id (environment 0)
  random_play = 5,     // number of step calls since seeding
  initialisation = 6,  // tensor
  shuffling = 7        // update
};

struct RandomWords {
  std::uint32_t word[4];
};

namespace philox {
inline constexpr std::uint32_t kMultiplier0 = 0xD2511F53u, kMultiplier1 = 0xCD9E8D57u;
inline constexpr std::uint32_t kWeyl0 = 0x9E3779B9u, kWeyl1 = 0xBB67AE85u;
inline constexpr int kRounds = 10;
}  // namespace philox

// High half of a product of 32 bits. A device has an instruction for it, which its compiler does not find by itself.
HOST_DEVICE constexpr std::uint32_t high_half(std::uint32_t a, std::uint32_t b) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) return __umulhi(a, b);
#endif
  return static_cast<std::uint32_t>(std::uint64_t{a} * b >> 32);
}

HOST_DEVICE constexpr RandomWords philox4x32(RandomWords counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < philox::kRounds; ++round) {
    counter = {
        {high_half(philox::kMultiplier1, counter.word[2]) ^ counter.word[1] ^ key0, philox::kMultiplier1 * counter.word[2],
         high_half(philox::kMultiplier0, counter.word[0]) ^ counter.word[3] ^ key1, philox::kMultiplier0 * counter.word[0]}};
    key0 += philox::kWeyl0;
    key1 += philox::kWeyl1;
  }
  return counter;
}
static_assert(philox4x32({{0, 0, 0, 0}}, 0, 0).word[0] == 0x6627e8d5u, "known answer of the Random123 test set");
static_assert(philox4x32({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u).word[3] == 0x6d5451fdu, "known answer of the Random123 test set");
static_assert(philox4x32({{0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}}, 0xa4093822u, 0x299f31d0u).word[1] ==
                  0x94fdccebu,
              "known answer of the Random123 test set");

// Key = the 64-bit seed; counter = (environment, stream, index low, index high).
HOST_DEVICE constexpr RandomWords draw(std::uint64_t seed, std::uint32_t environment, Stream stream, std::uint64_t index) {
  const RandomWords counter{{environment, static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(index),
                             static_cast<std::uint32_t>(index >> 32)}};
  return philox4x32(counter, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

// High 64 bits of a product.
HOST_DEVICE constexpr std::uint64_t high_product(std::uint64_t a, std::uint64_t b) {
#if defined(__CUDA_ARCH__)
  if (!__builtin_is_constant_evaluated()) return __umul64hi(a, b);
#endif
  const std::uint64_t a_low = a & 0xffffffffu, a_high = a >> 32, b_low = b & 0xffffffffu, b_high = b >> 32;
  const std::uint64_t middle = a_high * b_low + (a_low * b_low >> 32);
  const std::uint64_t carried = (middle & 0xffffffffu) + a_low * b_high;
  return a_high * b_high + (middle >> 32) + (carried >> 32);
}
static_assert(high_product(~0ull, ~0ull) == ~0ull - 1 && high_product(1ull << 63, 6) == 3);

// An integer below n: the high 64 bits of (first two words as a 64-bit number, the first the low half) x n.
HOST_DEVICE constexpr std::uint64_t below(const RandomWords& words, std::uint64_t n) {
  return high_product(std::uint64_t{words.word[1]} << 32 | words.word[0], n);
}

// A number in [0, 1) with 24 bits from one word.
HOST_DEVICE constexpr float unit_interval(std::uint32_t word) {
  return static_cast<float>(word >> 8) * (1.0f / 16777216.0f);
}

}  // namespace boxwarp
