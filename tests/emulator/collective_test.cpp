// The collectives of kernels/collective.cuh against the tables of the PTX documentation, written here as its formulas.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/kernels/collectives.hpp"
#include "emulator/memory.hpp"
#include "emulator/schedule.hpp"

namespace boxwarp {
namespace {

using emulator::Buffer;

class Collective : public testing::TestWithParam<emulator::Schedule> {
 protected:
  emulated::DeviceExecutor executor{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Emulator, Collective, testing::ValuesIn(emulator::every_schedule()));

// Small whole numbers and their bits as bfloat16, which holds them exactly.
std::uint16_t bits_of(int number) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(static_cast<float>(number)) >> 16);
}

TEST_P(Collective, BlockSumsAreTheSameBitsInEachThreadAndOrder) {
  for (unsigned threads : {32u, 64u, 96u, 1024u}) {
    std::vector<float> numbers(2 * threads);
    for (std::size_t i = 0; i < numbers.size(); i++) numbers[i] = 1.0f / static_cast<float>(i + 1);
    Buffer<float> values(numbers), sums(numbers.size());
    launch_block_sums(executor, values.data(), sums.data(), 2, threads);
    for (unsigned block = 0; block < 2; block++) {
      // The documented order: lanes 16, 8, 4, 2, 1 apart, then warps in ascending order.
      float expected = 0;
      for (unsigned warp = 0; warp < threads / 32; warp++) {
        std::vector<float> lanes(numbers.begin() + block * threads + warp * 32,
                                 numbers.begin() + block * threads + warp * 32 + 32);
        for (std::size_t apart = 16; apart > 0; apart /= 2)
          for (std::size_t lane = 0; lane < apart; lane++) lanes[lane] += lanes[lane + apart];
        expected = warp == 0 ? lanes[0] : expected + lanes[0];
      }
      for (unsigned i = 0; i < threads; i++) EXPECT_EQ(std::as_const(sums)[block * threads + i], expected);
    }
  }
}

TEST(Collective, Bf16IsTheNearestOfItsNeighbours) {
  std::vector<float> numbers;
  for (std::uint64_t bits = 0; bits < 1ull << 32; bits += 1'000'003)
    numbers.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  for (std::uint32_t upper :
       {0x3f80u, 0x3f81u, 0x0000u, 0x0001u, 0x7f7eu, 0x7f7fu, 0x8000u, 0xff7fu, 0x7f80u, 0xff80u, 0x7f81u})
    for (std::uint32_t lower : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu})
      numbers.push_back(std::bit_cast<float>(upper << 16 | lower));
  Buffer<float> values(numbers), back(numbers.size());
  Buffer<std::uint16_t> bits(numbers.size());
  emulated::DeviceExecutor executor;
  launch_bf16(executor, values.data(), bits.data(), back.data(), static_cast<int>(numbers.size()));
  for (std::size_t i = 0; i < numbers.size(); i++) {
    const float number = numbers[i], result = std::as_const(back)[i];
    const std::uint16_t got = std::as_const(bits)[i];
    if (std::isnan(number)) {
      EXPECT_EQ(got, 0x7fff);
      continue;
    }
    EXPECT_EQ(std::bit_cast<std::uint32_t>(result), static_cast<std::uint32_t>(got) << 16);
    EXPECT_EQ(std::signbit(number), std::signbit(result)) << number;
    // Infinity counts as the number after the largest, 2^128.
    const auto place = [](std::uint32_t upper) {
      return (upper & 0x7fffu) == 0x7f80u ? std::ldexp(1.0, 128)
                                          : static_cast<double>(std::abs(std::bit_cast<float>(upper << 16)));
    };
    if (std::isinf(number)) {
      EXPECT_EQ(result, number);
      continue;
    }
    const double exact = std::abs(static_cast<double>(number)), distance = std::abs(place(got) - exact);
    const std::uint16_t magnitude = got & 0x7fff;
    const auto closer = [&](std::uint16_t other) {
      const double apart = std::abs(place(other) - exact);
      return apart < distance || (apart == distance && got % 2 == 1);
    };
    EXPECT_FALSE(magnitude > 0 && closer(static_cast<std::uint16_t>(magnitude - 1))) << number;
    EXPECT_FALSE(magnitude < 0x7f80 && closer(static_cast<std::uint16_t>(magnitude + 1))) << number;
  }
}

TEST_P(Collective, TilesMultiplyByTheFragmentTablesOfPtx) {
  // PTX ISA, "Matrix fragments for mma.m16n8k16 with floating point type": element i of a lane's fragment.
  const auto a_row = [](unsigned lane, unsigned i) { return lane / 4 + ((i < 2 || (4 <= i && i < 6)) ? 0u : 8u); };
  const auto a_column = [](unsigned lane, unsigned i) { return lane % 4 * 2 + (i & 1u) + (i < 4 ? 0u : 8u); };
  const auto b_row = [](unsigned lane, unsigned i) { return lane % 4 * 2 + (i & 1u) + (i < 2 ? 0u : 8u); };
  const auto b_column = [](unsigned lane, unsigned) { return lane / 4; };
  const auto c_row = [](unsigned lane, unsigned i) { return lane / 4 + (i < 2 ? 0u : 8u); };
  const auto c_column = [](unsigned lane, unsigned i) { return lane % 4 * 2 + (i & 1u); };
  // Whole numbers, different everywhere in the sense that no permutation of rows or columns gives the same product.
  const auto a_at = [](unsigned row, unsigned column) {
    return static_cast<int>((row * 7 + column * column * 3 + row * column) % 31) - 15;
  };
  const auto b_at = [](unsigned row, unsigned column) {
    return static_cast<int>((row * 5 + column * 11 + row * row * column) % 29) - 14;
  };
  const auto c_at = [](unsigned row, unsigned column) { return static_cast<int>(row * 100 + column); };

  std::vector<std::uint32_t> a(128), b(64);
  std::vector<float> c(128);
  for (unsigned lane = 0; lane < 32; lane++) {
    for (unsigned i = 0; i < 8; i++)
      a[4 * lane + i / 2] |= static_cast<std::uint32_t>(bits_of(a_at(a_row(lane, i), a_column(lane, i)))) << 16 * (i % 2);
    for (unsigned i = 0; i < 4; i++)
      b[2 * lane + i / 2] |= static_cast<std::uint32_t>(bits_of(b_at(b_row(lane, i), b_column(lane, i)))) << 16 * (i % 2);
    for (unsigned i = 0; i < 4; i++) c[4 * lane + i] = static_cast<float>(c_at(c_row(lane, i), c_column(lane, i)));
  }
  Buffer<std::uint32_t> left(a), right(b);
  Buffer<float> sums(c);
  launch_multiply_tiles(executor, left.data(), right.data(), sums.data());
  for (unsigned lane = 0; lane < 32; lane++)
    for (unsigned i = 0; i < 4; i++) {
      const unsigned row = c_row(lane, i), column = c_column(lane, i);
      int expected = c_at(row, column);
      for (unsigned k = 0; k < 16; k++) expected += a_at(row, k) * b_at(k, column);
      EXPECT_EQ(std::as_const(sums)[4 * lane + i], static_cast<float>(expected)) << row << " " << column;
    }
}

TEST_P(Collective, TilesLoadByTheFragmentTablesOfPtx) {
  // PTX ISA, ldmatrix: lane 4 * r + c gets elements 2c and 2c + 1 of row r of each tile, transposed of column r.
  std::vector<std::uint16_t> rows(256);
  for (unsigned i = 0; i < 256; i++) rows[i] = static_cast<std::uint16_t>(1000 + i);
  Buffer<std::uint16_t> source(rows);
  Buffer<std::uint32_t> registers(256);
  launch_load_tiles(executor, source.data(), registers.data());
  const auto at = [&](unsigned tile, unsigned row, unsigned column) {
    return std::uint32_t{rows[tile * 64 + row * 8 + column]};
  };
  for (unsigned r = 0; r < 8; r++)
    for (unsigned c = 0; c < 4; c++)
      for (unsigned tile = 0; tile < 4; tile++) {
        const unsigned place = 4 * (4 * r + c) + tile;
        EXPECT_EQ(std::as_const(registers)[place], at(tile, r, 2 * c) | at(tile, r, 2 * c + 1) << 16);
        EXPECT_EQ(std::as_const(registers)[128 + place], at(tile, 2 * c, r) | at(tile, 2 * c + 1, r) << 16);
      }
}

TEST_P(Collective, CopiesArriveBeforeTheWaitEnds) {
  for (int present : {64, 10, 0}) {
    std::vector<std::uint32_t> numbers(5 * 256);
    for (std::size_t i = 0; i < numbers.size(); i++) numbers[i] = static_cast<std::uint32_t>(i + 1);
    Buffer<std::uint32_t> values(numbers), out(numbers.size());
    launch_copies(executor, values.data(), out.data(), 5, present);
    for (std::size_t i = 0; i < numbers.size(); i++)
      EXPECT_EQ(std::as_const(out)[i], static_cast<int>(i % 256 / 4) < present ? numbers[i] : 0) << i;
  }
}

}  // namespace
}  // namespace boxwarp
