// Philox4x32-10 from the paper (Salmon, Moraes, Dror, Shaw 2011, section 3.3), and the engine's draws on top of it.
#pragma once

#include <array>
#include <cstdint>

namespace oracle {

inline std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    if (round > 0) {  // the Weyl sequence: golden ratio and square root of three less one
      key[0] += 0x9E3779B9u;
      key[1] += 0xBB67AE85u;
    }
    const std::uint64_t a = 0xD2511F53ull * counter[0], b = 0xCD9E8D57ull * counter[2];
    const auto high = [](std::uint64_t x) { return std::uint32_t(x >> 32); };
    counter = {high(b) ^ counter[1] ^ key[0], std::uint32_t(b), high(a) ^ counter[3] ^ key[1], std::uint32_t(a)};
  }
  return counter;
}

// Key = the 64-bit seed; counter = (environment, stream, index low, index high).
inline std::array<std::uint32_t, 4> draw(std::uint64_t seed, std::uint32_t environment, std::uint32_t stream,
                                         std::uint64_t index) {
  return philox({environment, stream, std::uint32_t(index), std::uint32_t(index >> 32)},
                {std::uint32_t(seed), std::uint32_t(seed >> 32)});
}

// High 64 bits of (first two words as a 64-bit number) x n.
inline std::uint64_t below(const std::array<std::uint32_t, 4>& words, std::uint64_t n) {
  const unsigned __int128 number = (unsigned __int128)(words[1]) << 32 | words[0];
  return std::uint64_t(number * n >> 64);
}

}  // namespace oracle
