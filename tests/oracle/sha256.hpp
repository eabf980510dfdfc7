// SHA-256 (FIPS 180-4), for comparing images with recorded hashes.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace oracle {

// First 32 bits of the fractional part of a root of the n-th prime.
inline std::uint32_t root_bits(int n, bool cube) {
  int prime = 1;
  for (int found = 0; found <= n;) {
    ++prime;
    bool is_prime = true;
    for (int d = 2; d * d <= prime; ++d) is_prime = is_prime && prime % d != 0;
    found += is_prime;
  }
  const long double root = cube ? cbrtl((long double)prime) : sqrtl((long double)prime);
  return std::uint32_t((root - std::floor(root)) * 4294967296.0L);
}

inline std::string sha256(std::vector<std::uint8_t> message) {
  static const auto constants = [] {
    std::array<std::uint32_t, 64> k{};
    for (int i = 0; i < 64; ++i) k[std::size_t(i)] = root_bits(i, true);
    return k;
  }();
  std::array<std::uint32_t, 8> hash{};
  for (int i = 0; i < 8; ++i) hash[std::size_t(i)] = root_bits(i, false);

  const std::uint64_t bits = std::uint64_t(message.size()) * 8;
  message.push_back(0x80);
  while (message.size() % 64 != 56) message.push_back(0);
  for (int shift = 56; shift >= 0; shift -= 8) message.push_back(std::uint8_t(bits >> shift));

  for (std::size_t at = 0; at < message.size(); at += 64) {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t i = 0; i < 64; ++i) {
      if (i < 16) {
        for (std::size_t byte = 0; byte < 4; ++byte) w[i] = w[i] << 8 | message[at + 4 * i + byte];
      } else {
        const std::uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3)) + w[i - 7] +
               (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10));
      }
    }
    auto [a, b, c, d, e, f, g, h] = hash;
    for (std::size_t i = 0; i < 64; ++i) {
      const std::uint32_t t1 =
          h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
      const std::uint32_t t2 = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const std::array<std::uint32_t, 8> step{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) hash[i] += step[i];
  }
  std::string text;
  for (const std::uint32_t word : hash)
    for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[word >> shift & 15];
  return text;
}

}  // namespace oracle
