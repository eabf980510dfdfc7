// Correct kernels give the right results, and no complaint, in every order of threads and blocks.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/kernels/right.hpp"
#include "emulator/memory.hpp"
#include "emulator/schedule.hpp"

namespace boxwarp {
namespace {

using emulator::Buffer;

std::vector<int> counted(int count) {
  std::vector<int> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0);
  return values;
}

class EveryOrder : public testing::TestWithParam<emulator::Schedule> {
 protected:
  emulated::DeviceExecutor executor{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Emulator, EveryOrder, testing::ValuesIn(emulator::every_schedule()));

TEST_P(EveryOrder, ThreadsBeyondTheEndDoNothing) {
  for (int count : {1, 7, 31, 32, 33, 65, 129}) {
    const std::size_t size = static_cast<std::size_t>(count);
    Buffer<float> left(size), right(size), sums(size);
    left.fill(1.5f);
    right.fill(2.0f);
    launch_add(executor, left.data(), right.data(), sums.data(), count);
    EXPECT_EQ(sums.values(), std::vector<float>(size, 3.5f)) << count;
  }
}

TEST_P(EveryOrder, ABarrierMakesSharedMemoryVisible) {
  Buffer<int> values(counted(192));
  launch_reverse(executor, values.data(), 3);
  for (int i = 0; i < 192; i++) EXPECT_EQ(values[static_cast<std::size_t>(i)], i / 64 * 64 + 63 - i % 64);
}

TEST_P(EveryOrder, AtomicsOfAllBlocksAddUp) {
  std::vector<unsigned> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 0u);
  Buffer<unsigned> values(numbers), counts(16);
  counts.fill(1);
  launch_histogram(executor, values.data(), counts.data(), 1000);
  for (unsigned i = 0; i < 16; i++) EXPECT_EQ(std::as_const(counts)[i], 63u + (i < 8)) << i;
}

TEST_P(EveryOrder, AWarpBarrierIsEnoughWithinAWarp) {
  Buffer<int> values(counted(128));
  launch_rotate(executor, values.data(), 4);
  for (int i = 0; i < 128; i++) EXPECT_EQ(values[static_cast<std::size_t>(i)], i / 32 * 32 + (i + 31) % 32);
}

TEST_P(EveryOrder, ShufflesAndVotesFollowTheProgrammingGuide) {
  Buffer<int> values(counted(32));
  Buffer<int> indexed(32), up(32), down(32), crossed(32), down_by_8(32), halves(32);
  Buffer<int> sums(32), least(32), most(32);
  Buffer<unsigned> ballot(32), any(32), all(32);
  Buffer<unsigned long long> wide(32);
  launch_warp_words(executor, values.data(),
                    {indexed.data(), up.data(), down.data(), crossed.data(), down_by_8.data(), ballot.data(), any.data(),
                     all.data(), wide.data(), halves.data(), sums.data(), least.data(), most.data()});
  for (int i = 0; i < 32; i++) {
    const std::size_t lane = static_cast<std::size_t>(i);
    EXPECT_EQ(std::as_const(indexed)[lane], 3);
    EXPECT_EQ(std::as_const(up)[lane], i == 0 ? 0 : i - 1);
    EXPECT_EQ(std::as_const(down)[lane], i == 31 ? 31 : i + 1);
    EXPECT_EQ(std::as_const(crossed)[lane], i ^ 5);
    EXPECT_EQ(std::as_const(down_by_8)[lane], i % 8 < 6 ? i + 2 : i);
    EXPECT_EQ(std::as_const(ballot)[lane], 0xffff0000u);
    EXPECT_EQ(std::as_const(any)[lane], 1u);
    EXPECT_EQ(std::as_const(all)[lane], 0u);
    EXPECT_EQ(std::as_const(wide)[lane], 31ull << 32 | 7u);
    EXPECT_EQ(std::as_const(halves)[lane], i < 16 ? 120 : 376);
    EXPECT_EQ(std::as_const(sums)[lane], i < 16 ? -40 : 216);
    EXPECT_EQ(std::as_const(least)[lane], i < 16 ? -10 : 6);
    EXPECT_EQ(std::as_const(most)[lane], i < 16 ? 5 : 21);
  }
}

TEST_P(EveryOrder, AtomicWordsChangeWhatTheySay) {
  Buffer<unsigned> out{0u, 0u, ~0u, 0u, ~0u, 0u, 0u, 0u};
  Buffer<unsigned long long> wide{0ull, 0ull, 0ull, 0ull};
  launch_atomics(executor, wide.data(), out.data(), 3, 40);
  const unsigned sum = 120 * 121 / 2;
  const std::vector<unsigned> expected = {sum, 0u - sum, 1, 120, ~127u, 127, 120, 120};  // 1 ^ 2 ^ ... ^ 120 is 120
  EXPECT_EQ(out.values(), expected);
  EXPECT_EQ(std::as_const(wide)[0], static_cast<unsigned long long>(sum) << 32);
  EXPECT_EQ(std::as_const(wide)[1], 120ull << 32);
  EXPECT_EQ(std::as_const(wide)[2], 127ull << 32);
  EXPECT_GE(std::as_const(wide)[3], 1u);
  EXPECT_LE(std::as_const(wide)[3], 120u);
}

TEST_P(EveryOrder, BarriersCountClaims) {
  for (int limit : {0, 1, 50, 96}) {
    Buffer<int> out(3);
    launch_block_votes(executor, out.data(), limit);
    EXPECT_EQ(out.values(), (std::vector<int>{limit, limit > 0, limit == 96})) << limit;
  }
}

TEST(Emulator, FreshMemoryIsNotANumber) {
  const Buffer<float> floats(5);
  const Buffer<double> doubles(5);
  const Buffer<int> integers(5);
  for (float value : floats) EXPECT_TRUE(std::isnan(value));
  for (double value : doubles) EXPECT_TRUE(std::isnan(value));
  for (int value : integers) EXPECT_LT(value, -1000);
}

}  // namespace
}  // namespace boxwarp
