// Mistakes that show without any instrumentation: in the guard zones, and as results that change with the order of threads.
#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "emulator/device_executor.hpp"
#include "emulator/fault.hpp"
#include "emulator/kernels/collectives.hpp"
#include "emulator/kernels/wrong.hpp"
#include "emulator/memory.hpp"
#include "emulator/schedule.hpp"

namespace boxwarp {
namespace {

using emulator::Buffer;

TEST(Emulator, WriteBesideABufferIsFoundAfterTheBlock) {
  emulated::DeviceExecutor executor;
  Buffer<int> values(std::vector<int>(64, 1), "values");
  try {
    launch_write_past_end(executor, values.data());
    FAIL() << "no fault";
  } catch (const emulator::Fault& fault) {
    EXPECT_NE(std::string(fault.what()).find("wrote beside values"), std::string::npos) << fault.what();
  }
}

TEST(Emulator, WriteBehindSharedMemoryIsFoundAfterTheBlock) {
  emulated::DeviceExecutor executor;
  Buffer<int> out(64);
  EXPECT_THROW(launch_past_shared(executor, out.data()), emulator::Fault);
}

TEST(Emulator, AMissingBarrierChangesTheResultWithTheOrder) {
  std::set<std::vector<int>> results;
  for (const emulator::Schedule& schedule : emulator::every_schedule()) {
    std::vector<int> start(64);
    std::iota(start.begin(), start.end(), 0);
    Buffer<int> values(start);
    emulated::DeviceExecutor executor(schedule);
    launch_without_barrier(executor, values.data());
    results.insert(values.values());
  }
  EXPECT_GT(results.size(), 2u);
}

TEST(Emulator, ACopyThatNobodyWaitedForIsPoison) {
  emulated::DeviceExecutor executor;
  Buffer<std::uint32_t> values(std::vector<std::uint32_t>(256, 7)), out(256);
  launch_copy_without_wait(executor, values.data(), out.data());
  for (std::size_t i = 0; i < 256; i += 4) EXPECT_EQ(std::as_const(out)[i], 0xFFFAFFFAu);
}

}  // namespace
}  // namespace boxwarp
