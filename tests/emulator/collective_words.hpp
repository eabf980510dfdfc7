// The scalar meaning of what kernels/collective.cuh says in PTX.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "emulator/machine.hpp"
#include "emulator/vector_types.hpp"

namespace boxwarp::emulator {

// The bits of x as bfloat16: to nearest, ties to even, 0x7fff for what is not a number (PTX ISA, cvt.rn.bf16.f32).
constexpr std::uint16_t rounded_to_bf16(float x) {
  if (x != x) return 0x7fff;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t odd = bits >> 16 & 1u;
  return static_cast<std::uint16_t>((bits + 0x7fffu + odd) >> 16);
}

constexpr float half_of(std::uint32_t pair, unsigned which) {
  return std::bit_cast<float>(which == 0 ? pair << 16 : pair & 0xffff0000u);
}

// x with no more digits than bfloat16 has.
constexpr float rounded(float x) { return half_of(rounded_to_bf16(x), 0); }

struct TileOperands {
  std::array<std::uint32_t, 4> a;
  std::array<std::uint32_t, 2> b;
  std::array<float, 4> c;
};

// One product of a whole warp: gathers the 16x16 and the 16x8 matrix from the lanes, and hands each its four sums.
inline void combine_tiles(Exchange& exchange) {
  static float a[16][16], b[16][8];
  std::array<TileOperands, kLanes> lanes;
  for (unsigned lane = 0; lane < kLanes; lane++) {
    std::memcpy(&lanes[lane], exchange.brought[lane].data(), sizeof(TileOperands));
    const unsigned quad = lane / 4, pair = lane % 4 * 2;
    for (unsigned half = 0; half < 2; half++) {
      for (unsigned i = 0; i < 4; i++) a[quad + i % 2 * 8][pair + i / 2 * 8 + half] = half_of(lanes[lane].a[i], half);
      for (unsigned i = 0; i < 2; i++) b[pair + i * 8 + half][quad] = half_of(lanes[lane].b[i], half);
    }
  }
  for (unsigned lane = 0; lane < kLanes; lane++) {
    std::array<float, 4> sums = lanes[lane].c;
    for (unsigned i = 0; i < 4; i++) {
      const unsigned row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
      for (unsigned k = 0; k < 16; k++) sums[i] += a[row][k] * b[k][column];
    }
    std::memcpy(exchange.taken[lane].data(), sums.data(), sizeof sums);
  }
}

inline void multiply_tiles(float (&sum)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                           Site site = Site::here()) {
  TileOperands mine;
  std::memcpy(mine.a.data(), a, sizeof a);
  std::memcpy(mine.b.data(), b, sizeof b);
  std::memcpy(mine.c.data(), sum, sizeof sum);
  const auto sums = warp_operation<std::array<float, 4>>("mma.sync", 0xffffffffu, site, mine, combine_tiles);
  std::memcpy(sum, sums.data(), sizeof sum);
}

// brought: row lane % 8 of tile lane / 8, as eight numbers of 16 bits.
template <bool kTransposed>
void combine_rows(Exchange& exchange) {
  const auto element = [&](unsigned tile, unsigned row, unsigned column) {
    std::uint16_t bits;
    std::memcpy(&bits, exchange.brought[8 * tile + row].data() + 2 * column, sizeof bits);
    return std::uint32_t{bits};
  };
  for (unsigned lane = 0; lane < kLanes; lane++) {
    const unsigned quad = lane / 4, pair = lane % 4 * 2;
    std::array<std::uint32_t, 4> registers;
    for (unsigned tile = 0; tile < 4; tile++)
      registers[tile] = kTransposed ? element(tile, pair, quad) | element(tile, pair + 1, quad) << 16
                                    : element(tile, quad, pair) | element(tile, quad, pair + 1) << 16;
    std::memcpy(exchange.taken[lane].data(), registers.data(), sizeof registers);
  }
}

// Each lane reads its row itself, so that the checks of every build see who read what.
inline void load_tiles(std::uint32_t (&registers)[4], const void* row, bool transposed, Site site) {
  require_shared("ldmatrix", row, 16, site);
  const uint4 mine = *static_cast<const uint4*>(row);
  const auto taken =
      warp_operation<std::array<std::uint32_t, 4>>(transposed ? "ldmatrix.trans" : "ldmatrix", 0xffffffffu, site, mine,
                                                   transposed ? combine_rows<true> : combine_rows<false>);
  std::memcpy(registers, taken.data(), sizeof registers);
}

// A transposed 8x8 tile: lane quad * 4 + pair / 2 brings columns pair and pair + 1 of row quad.
inline void combine_turned(Exchange& exchange) {
  for (unsigned lane = 0; lane < kLanes; lane++) {
    std::uint32_t turned = 0;
    for (unsigned i = 0; i < 2; i++) {
      const unsigned row = lane % 4 * 2 + i, column = lane / 4;
      std::uint16_t bits;
      std::memcpy(&bits, exchange.brought[row * 4 + column / 2].data() + column % 2 * 2, sizeof bits);
      turned |= std::uint32_t{bits} << 16 * i;
    }
    std::memcpy(exchange.taken[lane].data(), &turned, sizeof turned);
  }
}

inline std::uint32_t turned(std::uint32_t two, Site site) {
  return warp_operation<std::uint32_t>("movmatrix", 0xffffffffu, site, two, combine_turned);
}

// The source is read once at the start, so that the checks see it, and once more at the delivery.
inline void start_copy(void* to, const void* from, bool present, Site site = Site::here()) {
  require_shared("cp.async", to, 16, site);
  if (present) {
    const volatile std::uint64_t* const source = static_cast<const std::uint64_t*>(from);
    static_cast<void>(source[0]);
    static_cast<void>(source[1]);
  }
  copy_later(to, present ? from : nullptr, site);
}

}  // namespace boxwarp::emulator
