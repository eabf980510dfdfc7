// Mistakes that the shadow of memory finds, whatever the order of threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/fault.hpp"
#include "emulator/kernels/collectives.hpp"
#include "emulator/kernels/right.hpp"
#include "emulator/kernels/wrong.hpp"
#include "emulator/memory.hpp"
#include "emulator/schedule.hpp"

namespace boxwarp {
namespace {

using emulator::Buffer;
using emulator::Fault;

class Shadow : public testing::TestWithParam<emulator::Schedule> {
 protected:
  // What the launch is reported for; empty without a fault.
  template <class Launch>
  Fault fault_of(Launch launched) {
    try {
      launched();
    } catch (const Fault& fault) {
      return fault;
    }
    return Fault("", 0, {}, {}, "no fault");
  }
  static bool says(const Fault& fault, const std::string& words) {
    return std::string(fault.what()).find(words) != std::string::npos;
  }
  static bool names_kernel_text(const Fault& fault) {
    return std::all_of(fault.lines.begin(), fault.lines.end(),
                       [](const std::string& line) { return line.find("wrong.cu:") != std::string::npos; });
  }

  emulated::DeviceExecutor executor{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Emulator, Shadow, testing::ValuesIn(emulator::every_schedule()));

TEST_P(Shadow, MissingBarrierIsARaceOfTwoThreads) {
  Buffer<int> values(std::vector<int>(64, 1));
  const Fault fault = fault_of([&] { launch_without_barrier(executor, values.data()); });
  // In some orders the other half has not written yet, in others it has.
  EXPECT_TRUE(says(fault, "race: thread") || says(fault, "which nobody has written")) << fault.what();
  EXPECT_TRUE(says(fault, "shared memory")) << fault.what();
  EXPECT_TRUE(names_kernel_text(fault)) << fault.what();
}

TEST_P(Shadow, MissingWarpBarrierIsARaceOfTwoLanes) {
  Buffer<int> values(std::vector<int>(64, 1));
  const Fault fault = fault_of([&] { launch_without_warp_barrier(executor, values.data()); });
  EXPECT_TRUE(says(fault, "race: thread")) << fault.what();
  ASSERT_EQ(fault.threads.size(), 2u);
  EXPECT_EQ(fault.threads[0] / 32, fault.threads[1] / 32);
  EXPECT_EQ(fault.lines.size(), 2u);
  EXPECT_TRUE(names_kernel_text(fault)) << fault.what();
}

TEST_P(Shadow, ReadPastTheEndIsReported) {
  Buffer<int> values(std::vector<int>(64, 1), "values");
  Buffer<int> out(64);
  const Fault fault = fault_of([&] { launch_read_past_end(executor, values.data(), out.data()); });
  EXPECT_TRUE(says(fault, "reads 4 bytes outside of every buffer, 0 behind values")) << fault.what();
  EXPECT_EQ(fault.threads, std::vector<unsigned>{63});
  EXPECT_TRUE(names_kernel_text(fault)) << fault.what();
}

TEST_P(Shadow, LargeCopiesAreSeen) {
  Buffer<int> values(std::vector<int>(40, 1), "values");
  const Fault fault = fault_of([&] { launch_large_copy(executor, values.data()); });
  EXPECT_TRUE(says(fault, "reads 80 bytes that end behind values of 160 bytes")) << fault.what();
}

TEST_P(Shadow, AMissingSecondBarrierIsARace) {
  Buffer<int> out(64, "out");
  const Fault fault = fault_of([&] { launch_without_second_barrier(executor, out.data()); });
  EXPECT_TRUE(says(fault, "race: thread") && says(fault, "of out")) << fault.what();
  EXPECT_EQ(fault.threads.size(), 2u);
  EXPECT_EQ(fault.threads[0] + fault.threads[1], 63u);
}

TEST_P(Shadow, WritePastSharedMemoryIsReported) {
  Buffer<int> out(64);
  const Fault fault = fault_of([&] { launch_past_shared(executor, out.data()); });
  EXPECT_TRUE(says(fault, "writes 4 bytes outside of every buffer") || says(fault, "race")) << fault.what();
}

TEST_P(Shadow, UninitialisedSharedMemoryIsReported) {
  Buffer<int> out(64);
  const Fault fault = fault_of([&] { launch_uninitialised(executor, out.data()); });
  EXPECT_TRUE(says(fault, "of shared memory, which nobody has written")) << fault.what();
  EXPECT_TRUE(names_kernel_text(fault)) << fault.what();
}

TEST_P(Shadow, FreshBuffersAreUninitialised) {
  Buffer<int> values(64, "values"), out(64);
  const Fault fault = fault_of([&] { launch_reverse(executor, values.data(), 1); });
  EXPECT_TRUE(says(fault, "of values, which nobody has written")) << fault.what();
}

TEST_P(Shadow, BlocksThatAddWithoutAtomicsRace) {
  Buffer<int> total({0}, "total");
  const Fault fault = fault_of([&] { launch_block_race(executor, total.data()); });
  EXPECT_TRUE(says(fault, "race: thread 0 ") && says(fault, "byte 0 of total, which thread 0 of block ")) << fault.what();
  EXPECT_EQ(fault.lines.size(), 2u);
  EXPECT_TRUE(names_kernel_text(fault)) << fault.what();
}

TEST_P(Shadow, PlainAndAtomicAccessRace) {
  Buffer<int> out{0};
  const Fault fault = fault_of([&] { launch_half_atomic(executor, out.data()); });
  EXPECT_TRUE(says(fault, "race")) << fault.what();
  EXPECT_NE(std::find(fault.threads.begin(), fault.threads.end(), 5u), fault.threads.end()) << fault.what();
}

TEST_P(Shadow, LocalMemoryBelongsToItsThread) {
  Buffer<int> out(1);
  const Fault fault = fault_of([&] { launch_foreign_local(executor, out.data()); });
  EXPECT_TRUE(says(fault, "reads 4 bytes of another thread's local memory")) << fault.what();
  EXPECT_EQ(fault.threads, std::vector<unsigned>{1});
}

TEST_P(Shadow, CopiesAreUnreadableUntilTheWait) {
  Buffer<std::uint32_t> values(std::vector<std::uint32_t>(256, 7)), out(256);
  const Fault fault = fault_of([&] { launch_copy_without_wait(executor, values.data(), out.data()); });
  EXPECT_TRUE(says(fault, "of shared memory, which nobody has written")) << fault.what();
}

TEST_P(Shadow, CopiesOfOtherThreadsNeedABarrier) {
  Buffer<std::uint32_t> values(std::vector<std::uint32_t>(256, 7)), out(256);
  const Fault fault = fault_of([&] { launch_copy_without_barrier(executor, values.data(), out.data()); });
  EXPECT_TRUE(says(fault, "race: thread") || says(fault, "which nobody has written")) << fault.what();
}

TEST_P(Shadow, MisalignedAccessIsReported) {
  Buffer<unsigned char> bytes(std::vector<unsigned char>(8, 1));
  Buffer<int> out(1);
  const Fault fault = fault_of([&] { launch_misaligned(executor, bytes.data(), out.data()); });
  EXPECT_TRUE(says(fault, "not aligned")) << fault.what();
}

}  // namespace
}  // namespace boxwarp
