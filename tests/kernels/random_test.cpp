#include "kernels/sokoban/random.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/oracle/numbers.hpp"
#include "tests/oracle/philox.hpp"

namespace boxwarp {
namespace {

std::array<std::uint32_t, 4> words_of(const RandomWords& words) {
  return {words.word[0], words.word[1], words.word[2], words.word[3]};
}

TEST(Philox, GivesTheKnownAnswersOfItsAuthors) {
  EXPECT_EQ(words_of(philox4x32({{0, 0, 0, 0}}, 0, 0)),
            (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(words_of(philox4x32({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u)),
            (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(words_of(philox4x32({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0)),
            (std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Draw, LaysOutSeedEnvironmentStreamAndIndexAsSpecified) {
  // key = seed, low word first; counter = (environment, stream, index low, index high): the answer above once more
  EXPECT_EQ(words_of(draw(0x299f31d0a4093822u, 0x243f6a88, static_cast<Stream>(0x85a308d3), 0x0370734413198a2eu)),
            (std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
  oracle::Numbers numbers(1);
  for (int i = 0; i < 10000; ++i) {
    const std::uint64_t seed = numbers.next(), index = numbers.next() >> numbers.below(64);
    const auto environment = static_cast<std::uint32_t>(numbers.next());
    const auto stream = static_cast<std::uint32_t>(numbers.below(8));
    ASSERT_EQ(words_of(draw(seed, environment, static_cast<Stream>(stream), index)),
              oracle::draw(seed, environment, stream, index));
  }
}

TEST(Draw, StreamsHaveTheirSpecifiedNumbers) {
  EXPECT_EQ(static_cast<int>(Stream::level), 0);
  EXPECT_EQ(static_cast<int>(Stream::cap), 1);
  EXPECT_EQ(static_cast<int>(Stream::action), 2);
  EXPECT_EQ(static_cast<int>(Stream::symmetry), 3);
  EXPECT_EQ(static_cast<int>(Stream::generator), 4);
  EXPECT_EQ(static_cast<int>(Stream::random_play), 5);
  EXPECT_EQ(static_cast<int>(Stream::initialisation), 6);
  EXPECT_EQ(static_cast<int>(Stream::shuffling), 7);
}

TEST(HighProduct, EqualsOneHundredAndTwentyEightBitArithmetic) {
  oracle::Numbers numbers(2);
  for (int i = 0; i < 1000000; ++i) {
    const std::uint64_t a = numbers.next() >> numbers.below(64), b = numbers.next() >> numbers.below(64);
    ASSERT_EQ(high_product(a, b), static_cast<std::uint64_t>(static_cast<unsigned __int128>(a) * b >> 64));
  }
}

TEST(Below, TakesTheHighBitsOfTheFirstTwoWordsAndStaysBelow) {
  oracle::Numbers numbers(3);
  for (int i = 0; i < 1000000; ++i) {
    const RandomWords words = draw(numbers.next(), 0, Stream::level, 0);
    const std::uint64_t n = 1 + (numbers.next() >> numbers.below(64)) / 2;
    ASSERT_EQ(below(words, n), oracle::below(words_of(words), n));
    ASSERT_LT(below(words, n), n);
  }
  const RandomWords largest{{~0u, ~0u, 0, 0}}, smallest{{0, 0, ~0u, ~0u}};
  for (const std::uint64_t n : {std::uint64_t{1}, std::uint64_t{91}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    EXPECT_EQ(below(largest, n), n - 1);
    EXPECT_EQ(below(smallest, n), 0);
  }
}

TEST(UnitInterval, StaysBelowOneAndUsesTwentyFourBits) {
  EXPECT_EQ(unit_interval(0), 0.0f);
  EXPECT_EQ(unit_interval(0xff), 0.0f);
  EXPECT_EQ(unit_interval(0x100), 0x1p-24f);
  EXPECT_EQ(unit_interval(0x80000000u), 0.5f);
  EXPECT_EQ(unit_interval(~0u), 1.0f - 0x1p-24f);
}

}  // namespace
}  // namespace boxwarp
