// Words about bits, by examples from the CUDA documentation and by slower means.
#include "emulator/number_words.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace boxwarp {
namespace {

TEST(NumberWords, BitsAreCountedAndFound) {
  EXPECT_EQ(__popc(0xF0F0u), 8);
  EXPECT_EQ(__popcll(~0ull), 64);
  EXPECT_EQ(__clz(0), 32);
  EXPECT_EQ(__clz(1), 31);
  EXPECT_EQ(__clz(-1), 0);
  EXPECT_EQ(__clzll(1), 63);
  EXPECT_EQ(__ffs(0), 0);
  EXPECT_EQ(__ffs(8), 4);
  EXPECT_EQ(__ffsll(0), 0);
  EXPECT_EQ(__ffsll(static_cast<long long>(1ull << 63)), 64);
  EXPECT_EQ(__brev(1u), 0x80000000u);
  EXPECT_EQ(__brevll(2ull), 1ull << 62);
}

TEST(NumberWords, BytesAreChosenByTheLowThreeBitsOfEachDigit) {
  EXPECT_EQ(__byte_perm(0x33221100u, 0x77665544u, 0x7531u), 0x77553311u);
  EXPECT_EQ(__byte_perm(0x33221100u, 0x77665544u, 0x0123u), 0x00112233u);
  EXPECT_EQ(__byte_perm(0x33221100u, 0x77665544u, 0xC8B9u), 0x44003311u);  // the high bit of a digit does not count
}

TEST(NumberWords, HighHalvesOfProducts) {
  EXPECT_EQ(__umulhi(0xffffffffu, 0xffffffffu), 0xfffffffeu);
  EXPECT_EQ(__umulhi(1u << 16, 1u << 17), 2u);
  EXPECT_EQ(__umul64hi(~0ull, ~0ull), ~0ull - 1);
  EXPECT_EQ(__umul64hi(1ull << 40, 1ull << 30), 1ull << 6);
}

TEST(NumberWords, FloatsAndTheirBits) {
  EXPECT_EQ(__float_as_uint(1.0f), 0x3f800000u);
  EXPECT_EQ(__uint_as_float(0xc0000000u), -2.0f);
  EXPECT_EQ(__float_as_int(-0.0f), INT32_MIN);
  EXPECT_EQ(__int_as_float(0x40400000), 3.0f);
  EXPECT_EQ(__fmaf_rn(1.0f + 0x1p-23f, 1.0f - 0x1p-23f, -1.0f), -0x1p-46f);
}

}  // namespace
}  // namespace boxwarp
