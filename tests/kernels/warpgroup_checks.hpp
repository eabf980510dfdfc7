// Products of a warpgroup, wherever they run, against the tables of the PTX documentation, written here as its formulas.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <vector>

#include "kernels/executor.hpp"
#include "tests/emulator/kernels/warpgroups.hpp"

namespace boxwarp::test {

template <class Memory>
class WarpgroupChecks {
  template <class T>
  using Buffer = typename Memory::template Buffer<T>;

 public:
  explicit WarpgroupChecks(Executor& executor) : executor_(executor) {}

  void multiplies_operands_in_shared_memory_from_any_piece_on() {
    for (const int skip : {0, 1, 11, 13}) expect_product(LeftOperand::shared, Lie::straight, 112, skip);
    expect_product(LeftOperand::shared, Lie::straight, 64, 3);
  }
  void multiplies_by_a_left_operand_in_registers() {
    expect_product(LeftOperand::registers, Lie::straight, 112, 1);
    expect_product(LeftOperand::registers, Lie::straight, 64, 0);
  }
  void multiplies_operands_that_lie_the_other_way() {
    for (const int skip : {0, 5}) expect_product(LeftOperand::shared, Lie::turned, 64, skip);
  }

  // PTX ISA, movmatrix: lane 4 * r + c has elements 2c and 2c + 1 of row r, and gets those of column r.
  void turns_a_tile() {
    std::vector<std::uint32_t> lanes;
    const auto element = [](unsigned row, unsigned column) { return row * 8 + column + 1; };
    for (unsigned lane = 0; lane < 32; lane++)
      lanes.push_back(element(lane / 4, lane % 4 * 2) | element(lane / 4, lane % 4 * 2 + 1) << 16);
    Filled<std::uint32_t> in(lanes);
    Buffer<std::uint32_t> out(32);
    launch_turned(executor_, in.buffer.data(), out.data());
    const std::vector<std::uint32_t> found = out.values();
    for (unsigned lane = 0; lane < 32; lane++)
      EXPECT_EQ(found[lane], element(lane % 4 * 2, lane / 4) | element(lane % 4 * 2 + 1, lane / 4) << 16);
  }

 private:
  static constexpr unsigned kRows = 64, kDepth = 16;

  // Small whole numbers, which bfloat16 holds exactly. No permutation of rows, columns or k gives the same product.
  static int left_at(unsigned row, unsigned k) { return static_cast<int>((row * 7 + k * k * 3 + row * k) % 31) - 15; }
  static int right_at(unsigned column, unsigned k) {
    return static_cast<int>((k * 5 + column * 11 + k * k * column) % 29) - 14;
  }

  template <class T>
  struct Filled {
    explicit Filled(const std::vector<T>& values) : buffer(values.size()) { buffer.copy_from(values); }
    Buffer<T> buffer;
  };
  template <class At>
  static std::vector<std::uint16_t> operand(unsigned rows, At at) {
    std::vector<std::uint16_t> bits;
    for (unsigned row = 0; row < rows; row++)
      for (unsigned k = 0; k < kDepth; k++)
        bits.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(static_cast<float>(at(row, k))) >> 16));
    return bits;
  }

  void expect_product(LeftOperand left_is, Lie lie, unsigned columns, int skip) {
    SCOPED_TRACE(testing::Message() << columns << " columns from piece " << skip << " on");
    Filled<std::uint16_t> left(operand(kRows, left_at)), right(operand(columns, right_at));
    std::vector<float> before(128 * columns / 2);
    for (std::size_t i = 0; i < before.size(); i++) before[i] = static_cast<float>(i % 97);
    Filled<float> sums(before);
    launch_warpgroup_product(executor_, left_is, lie, static_cast<int>(columns), skip, left.buffer.data(),
                             right.buffer.data(), sums.buffer.data());
    const std::vector<float> found = sums.buffer.values();
    // "Register fragments and accumulator layouts of wgmma .m64nNk16": element i of a thread.
    for (unsigned thread = 0; thread < 128; thread++)
      for (unsigned i = 0; i < columns / 2; i++) {
        const unsigned row = thread / 32 * 16 + thread % 32 / 4 + i / 2 % 2 * 8, column = i / 4 * 8 + thread % 4 * 2 + i % 2;
        int product = 0;
        for (unsigned k = 0; k < kDepth; k++) product += left_at(row, k) * right_at(column, k);
        const std::size_t at = thread * columns / 2 + i;
        ASSERT_EQ(found[at], before[at] + static_cast<float>(2 * product)) << "row " << row << ", column " << column;
      }
  }

  Executor& executor_;
};

}  // namespace boxwarp::test
